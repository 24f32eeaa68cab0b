package rolecall

// An API is a resource server: what tokens are made for, and the home of
// permissions. The project itself is the API [DefaultAPI].
type API struct {
	ID          APIID      `json:"id"`
	Identifier  string     `json:"identifier"` // the audience, unique, immutable: "https://api.example.com"
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Tokens      TokenRules `json:"tokens,omitzero"`
	Attributes  Attributes `json:"attributes,omitempty"`
	Stamps
}

const (
	// DefaultAPI is the project itself as an API. A request that names no API means it.
	DefaultAPI APIID = "default"
	// AdminAPI holds the permissions to administer, such as "rolecall:roles.write".
	AdminAPI APIID = "rolecall"
)

func (a *API) Kind() Kind  { return KindAPI }
func (a *API) Key() string { return string(a.ID) }
func (a *API) refs() []ref { return nil }

func (a *API) check() error {
	return firstError(
		checkID("id", string(a.ID)),
		checkID("identifier", a.Identifier),
		checkName("name", a.Name),
		checkText("description", a.Description, MaxTextRunes),
		a.Tokens.check(),
		checkAttributes(&a.Attributes),
	)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
