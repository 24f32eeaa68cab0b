package descope

// authentication is what applications call with the project id alone, or with a
// token of the user whom it concerns, and what management keys do with users'
// passwords and tokens.
var authentication = []route{
	{"GET", "/v2/keys/", public((*call).publicKeys)},
}
