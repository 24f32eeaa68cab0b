package descope

// authentication is what applications call with the project id alone, or with a
// token of the user whom it concerns.
var authentication = []route{}
