package rolecall

// A User is a person. The id is all that a decision needs; the rest is for people.
type User struct {
	ID            SubjectID  `json:"id"`
	Name          string     `json:"name,omitempty"`
	Email         string     `json:"email,omitempty"`
	EmailVerified bool       `json:"email_verified,omitempty"`
	Phone         string     `json:"phone,omitempty"`
	PhoneVerified bool       `json:"phone_verified,omitempty"`
	Picture       string     `json:"picture,omitempty"` // a URL
	Blocked       bool       `json:"blocked,omitempty"` // may nothing, and can't sign in
	Attributes    Attributes `json:"attributes,omitempty"`
	Stamps
}

func (u *User) Kind() Kind  { return KindUser }
func (u *User) Key() string { return string(u.ID) }
func (u *User) refs() []ref { return nil }

func (u *User) check() error {
	return firstError(
		checkID("id", string(u.ID)),
		checkText("name", u.Name, MaxNameRunes),
		checkText("email", u.Email, MaxNameRunes),
		checkText("phone", u.Phone, MaxNameRunes),
		checkText("picture", u.Picture, MaxTextRunes),
		checkAttributes(&u.Attributes),
	)
}

// A Client is a machine: a service, what holds an access key, or an application
// that signs people in.
type Client struct {
	ID          SubjectID  `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Blocked     bool       `json:"blocked,omitempty"`
	OAuth       OAuth      `json:"oauth,omitzero"`
	Attributes  Attributes `json:"attributes,omitempty"`
	Stamps
}

func (c *Client) Kind() Kind  { return KindClient }
func (c *Client) Key() string { return string(c.ID) }
func (c *Client) refs() []ref { return nil }

func (c *Client) check() error {
	return firstError(
		checkID("id", string(c.ID)),
		checkName("name", c.Name),
		checkText("description", c.Description, MaxTextRunes),
		c.OAuth.check(),
		checkAttributes(&c.Attributes),
	)
}

// A Group is a set of users, clients and other groups. What it holds, each of
// them holds. Its name is unique.
type Group struct {
	ID          SubjectID  `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Attributes  Attributes `json:"attributes,omitempty"`
	Stamps
}

func (g *Group) Kind() Kind  { return KindGroup }
func (g *Group) Key() string { return string(g.ID) }
func (g *Group) refs() []ref { return nil }

func (g *Group) check() error {
	return firstError(
		checkID("id", string(g.ID)),
		checkName("name", g.Name),
		checkText("description", g.Description, MaxTextRunes),
		checkAttributes(&g.Attributes),
	)
}

// A GroupMember puts a user, a client or another group into a group. Groups form no cycle,
// and a group is in at most [MaxWithin], through any number of groups.
type GroupMember struct {
	Group  SubjectID `json:"group"`
	Member SubjectID `json:"member"`
	Source Source    `json:"source"`
}

func (m *GroupMember) Kind() Kind  { return KindGroupMember }
func (m *GroupMember) Key() string { return key(m.Group, string(m.Member)) }

func (m *GroupMember) refs() []ref {
	return references(ref{"group", KindGroup, string(m.Group)}, ref{"member", kindSubject, string(m.Member)})
}

func (m *GroupMember) check() error {
	m.Source.normalize()
	return firstError(checkID("group", string(m.Group)), checkID("member", string(m.Member)), m.Source.check())
}
