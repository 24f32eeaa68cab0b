package console

import (
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// LoginLifetime is how long a sign-in to the console lasts.
const LoginLifetime = loginLifetime

// LoginCookie returns the cookie that gives a browser a login to a console that is
// mounted at prefix. secure says that it is reached by https. It is for Rolecall's
// own server, as [OfServer] is.
func LoginCookie(l *identity.Login, prefix string, secure bool) *http.Cookie {
	return &http.Cookie{
		Name: loginCookie, Value: l.Cookie, Path: prefix + "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: secure, MaxAge: int(loginLifetime.Seconds()),
	}
}

// Elsewhere is the page on which people sign in with their organization, "" if
// none can be found there.
func (f *signInForm) Elsewhere() (string, error) {
	if f.elsewhere == "" {
		return "", nil
	}
	all, err := f.identity.SSOs(f.ctx, "")
	for _, one := range all {
		if len(one.Domains) > 0 {
			return f.elsewhere, err
		}
	}
	return "", err
}

// A provider is one of a tenant's, as its page shows it.
type provider struct {
	Name    string
	Domains string
	Signs   bool // people in
}

// readProviders reads where the tenant's members sign in, if the viewer may know.
func (p *tenantPage) readProviders() error {
	if !p.OwnSignIn() {
		return nil
	}
	p.MayProviders = p.holds("rolecall:settings.read", "")
	if !p.MayProviders {
		return nil
	}
	all, err := identity.SSOs(p.ctx, p.view, p.Of.ID)
	for _, one := range all {
		p.Providers = append(p.Providers, provider{one.Called(), strings.Join(one.Domains, ", "), one.SignsIn()})
	}
	return err
}

func ssoForm(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	t, err := look(c, &rolecall.Tenant{ID: rolecall.TenantID(c.id())})
	if err != nil {
		return nil, err
	}
	except := areaField("except", "Except", strings.Join(t.SSO.Except, "\n"))
	except.Is = "sso.except"
	return c.form("Single sign-on of "+t.Name, "Save",
		checkField("required", "Members sign in at the tenant’s own provider, and not with a password", t.SSO.Required),
		hinted(except, "Ids or login ids of users who may use a password all the same, each on a line. Members whom no provider of the tenant can sign in, and who administer more than the tenant, may anyway"),
	), nil
}

func saveSSO(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	id := rolecall.TenantID(c.id())
	said := "Members may use passwords."
	sso := rolecall.TenantSSO{Required: c.Value("required") != ""}
	if sso.Required {
		said = "Members sign in at the tenant’s own provider now. Logins from before go on until they end."
	}
	for line := range strings.Lines(c.Value("except")) {
		if line = strings.TrimSpace(line); line != "" {
			sso.Except = append(sso.Except, line)
		}
	}
	return &change{
		quiet: true, steps: steps{modify(&rolecall.Tenant{ID: id}, nil, func(t *rolecall.Tenant) { t.SSO = sso })},
		then: c.Link("/tenants/{id}", id), said: said,
	}, nil
}
