package rolecall

// A Permission is what may be done: a name, unique inside its API.
// "read:admin-messages", "post.publish" and "Edit Post" are all legal.
type Permission struct {
	ID          PermissionID `json:"id"`
	API         APIID        `json:"api"`
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Stamps
}

func (p *Permission) Kind() Kind  { return KindPermission }
func (p *Permission) Key() string { return string(p.ID) }

func (p *Permission) refs() []ref {
	return references(ref{"api", KindAPI, string(p.API)})
}

func (p *Permission) check() error {
	if p.API == "" {
		p.API = DefaultAPI
	}
	return firstError(
		checkID("id", string(p.ID)),
		checkName("name", p.Name),
		checkText("description", p.Description, MaxTextRunes),
	)
}
