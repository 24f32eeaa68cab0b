package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
)

// sso is the family of commands for how a tenant's members sign in.
func (a *app) sso() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sso",
		Short: "Single sign-on: a tenant's own provider, and who has to sign in there",
		RunE:  family, Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(a.ssoShow(), a.ssoSet(), a.ssoRemove(), a.ssoRequire(true), a.ssoRequire(false))
	return cmd
}

// A shownSSO is all that is said of how a tenant's members sign in.
type shownSSO struct {
	Tenant   rolecall.TenantID `json:"tenant"`
	Required bool              `json:"required"`
	Except   []string          `json:"except"`
	Provider *client.TenantSSO `json:"provider"` // null if there is none
}

func (a *app) ssoShow() *cobra.Command {
	var id string
	cmd := &cobra.Command{Use: "show TENANT", Short: "Show a tenant's provider, and who has to sign in there", Args: arguments(1, 1)}
	ssoID(cmd, &id)
	cmd.Flags().AddFlag(a.flags.Lookup("secret-file"))
	cmd.Flags().AddFlag(a.flags.Lookup("url"))
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		found, err := find(cmd.Context(), p, rolecall.KindTenant, args[0])
		if err != nil {
			return err
		}
		t := found.(*rolecall.Tenant)
		shown := shownSSO{Tenant: t.ID, Required: t.SSO.Required, Except: append([]string{}, t.SSO.Except...)}
		shown.Provider, err = p.SSO(cmd.Context(), t.ID, id)
		if err != nil && (id != "" || !errors.Is(err, rolecall.ErrNotFound)) {
			return err
		}
		return a.show(shown, func() { a.ssoLines(shown) })
	})
	return cmd
}

func (a *app) ssoLines(s shownSSO) {
	a.lines(func(w io.Writer) {
		line := func(what, text string) {
			if text != "" {
				fmt.Fprintf(w, "%s:\t%s\n", what, text)
			}
		}
		required := "no: members may use passwords"
		if s.Required {
			required = "yes: members whom the provider can sign in use no password"
		}
		line("tenant", string(s.Tenant))
		line("required", required)
		line("except", strings.Join(s.Except, " "))
		if s.Provider == nil {
			line("provider", "none; 'rolecall sso set' sets one up")
			return
		}
		p := s.Provider
		secret := "none is kept"
		if p.HasSecret {
			secret = "is kept"
		}
		line("sso id", p.ID)
		line("provider", p.Name)
		line("issuer", p.Issuer)
		line("client id", p.ClientID)
		line("client secret", secret)
		line("redirect URI", p.RedirectURI)
		line("scopes", strings.Join(p.Scopes, " "))
		line("domains", strings.Join(p.Domains, " "))
		for _, m := range p.Mapping {
			line("role "+string(m.Role), "who is in "+strings.Join(m.Groups, ", "))
		}
		for _, r := range p.DefaultRoles {
			line("role "+string(r), "everybody who signs in")
		}
		c := p.Claims
		for _, one := range []struct{ what, claim string }{{"name", c.Name}, {"email", c.Email}, {"picture", c.Picture}, {"verified-email", c.VerifiedEmail}, {"group", c.Group}} {
			line("claim of "+one.what, one.claim)
		}
		line("authorization endpoint", p.AuthURL)
		line("token endpoint", p.TokenURL)
		line("userinfo endpoint", p.UserInfoURL)
		line("JWKS URI", p.JWKsURL)
	})
}

func ssoID(cmd *cobra.Command, id *string) {
	cmd.Flags().StringVar(id, "sso-id", "", "which of the tenant's providers (default the first)")
}

func (a *app) ssoSet() *cobra.Command {
	var id, secretFile string
	var in client.SSO
	var roles, defaults, claims []string
	cmd := a.writes(&cobra.Command{
		Use:   "set TENANT",
		Short: "Set up a tenant's own OpenID provider, or change how it is set up",
		Long: `Set up a tenant's own OpenID provider, or change how it is set up: what no flag
says stays. A flag that may be repeated replaces all that was there; with "" it
leaves none.

The client's secret is read from a file, or from standard input if the file is -.
It is not shown again. A new client or issuer needs a new secret.

  rolecall sso set acme --issuer https://login.acme.example/ --client-id rolecall \
    --client-secret-file acme.secret --domain acme.example --role Editor=engineering

'rolecall sso show' then tells the redirect URI that the provider wants to know.`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	ssoID(cmd, &id)
	flags.AddFlag(a.flags.Lookup("secret-file"))
	flags.AddFlag(a.flags.Lookup("url"))
	flags.StringVar(&in.Name, "name", "", "what people read on the sign-in page")
	flags.StringVar(&in.Issuer, "issuer", "", "the `URL` of the provider, exactly as it calls itself")
	flags.StringVar(&in.ClientID, "client-id", "", "what the provider calls this application")
	flags.StringVar(&secretFile, "client-secret-file", "", "`file` that holds the client's secret, - for standard input")
	flags.StringArrayVar(&in.Scopes, "scope", nil, "ask for this `scope` beside openid (default profile and email); may be repeated")
	flags.StringArrayVar(&in.Domains, "domain", nil, "the provider speaks for e-mail addresses of this `domain`; may be repeated")
	flags.StringArrayVar(&roles, "role", nil, "`ROLE=GROUP`: who is in the provider's group has the role; may be repeated")
	flags.StringArrayVar(&defaults, "default-role", nil, "everybody who signs in has this `role`; may be repeated")
	flags.StringArrayVar(&claims, "claim", nil, "`WHAT=CLAIM`: where the provider says name, email, picture, verified-email or group; may be repeated")
	flags.StringVar(&in.AuthURL, "authorization-endpoint", "", "a `URL` in place of the one in the provider's own document")
	flags.StringVar(&in.TokenURL, "token-endpoint", "", "the same, for tokens")
	flags.StringVar(&in.UserInfoURL, "userinfo-endpoint", "", "the same, for userinfo")
	flags.StringVar(&in.JWKsURL, "jwks-uri", "", "the same, for keys")
	flags.StringVar(&in.RedirectURI, "redirect-uri", "", "our `URL` that the provider sends people back to (default made from --url)")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		tenant, err := ssoTenant(cmd.Context(), p, args[0])
		if err != nil {
			return err
		}
		if in.Mapping, err = ssoMapping(cmd, p, tenant, roles); err != nil {
			return err
		}
		for _, text := range some(defaults) {
			role, err := findRole(cmd.Context(), p, text, tenant)
			if err != nil {
				return err
			}
			in.DefaultRoles = append(in.DefaultRoles, role)
		}
		if err := ssoClaims(cmd, &in.Claims, claims); err != nil {
			return err
		}
		in.Scopes, in.Domains = some(in.Scopes), some(in.Domains)
		old, err := p.SSO(cmd.Context(), tenant, id)
		switch {
		case err == nil:
			keepSSO(cmd, &in, old.SSO)
		case !errors.Is(err, rolecall.ErrNotFound):
			return err
		}
		var secret string
		if secretFile != "" {
			if secret, err = a.secret(secretFile); err != nil {
				return err
			}
		}
		made, receipt, err := p.PutSSO(cmd.Context(), a.terms(), tenant, id, in, secret)
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(made, func() {
			fmt.Fprintf(a.stdout, "set up single sign-on of tenant %s at %s\n", tenant, made.Issuer)
			if made.RedirectURI != "" {
				fmt.Fprintf(a.stdout, "the provider has to be told this redirect URI: %s\n", made.RedirectURI)
			}
			if !made.HasSecret {
				fmt.Fprintln(a.stderr, "no client secret is kept for this client of this provider; if it has one, set it with --client-secret-file")
			}
		})
	})
	return cmd
}

// some returns texts without empty ones, by which a flag says that there are none.
func some(texts []string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}

// keepSSO takes from old what no flag says.
func keepSSO(cmd *cobra.Command, in *client.SSO, old client.SSO) {
	keep := func(flag string, take func()) {
		if !cmd.Flags().Changed(flag) {
			take()
		}
	}
	keep("name", func() { in.Name = old.Name })
	keep("issuer", func() { in.Issuer = old.Issuer })
	keep("client-id", func() { in.ClientID = old.ClientID })
	keep("scope", func() { in.Scopes = old.Scopes })
	keep("domain", func() { in.Domains = old.Domains })
	keep("role", func() { in.Mapping = old.Mapping })
	keep("default-role", func() { in.DefaultRoles = old.DefaultRoles })
	keep("claim", func() { in.Claims = old.Claims })
	keep("authorization-endpoint", func() { in.AuthURL = old.AuthURL })
	keep("token-endpoint", func() { in.TokenURL = old.TokenURL })
	keep("userinfo-endpoint", func() { in.UserInfoURL = old.UserInfoURL })
	keep("jwks-uri", func() { in.JWKsURL = old.JWKsURL })
	keep("redirect-uri", func() { in.RedirectURI = old.RedirectURI })
}

// ssoMapping reads texts of the form ROLE=GROUP. A role may have several groups.
func ssoMapping(cmd *cobra.Command, p project, tenant rolecall.TenantID, texts []string) (all []client.SSOMapping, err error) {
	for _, text := range some(texts) {
		name, group, ok := strings.Cut(text, "=")
		if !ok || name == "" || group == "" {
			return nil, &usageError{cmd.CommandPath(), fmt.Errorf("--role %q must be ROLE=GROUP", text)}
		}
		role, err := findRole(cmd.Context(), p, name, tenant)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(all, func(m client.SSOMapping) bool { return m.Role == role }); at >= 0 {
			all[at].Groups = append(all[at].Groups, group)
		} else {
			all = append(all, client.SSOMapping{Role: role, Groups: []string{group}})
		}
	}
	return all, nil
}

func ssoClaims(cmd *cobra.Command, c *client.SSOClaims, texts []string) error {
	at := map[string]*string{"name": &c.Name, "email": &c.Email, "picture": &c.Picture, "verified-email": &c.VerifiedEmail, "group": &c.Group}
	for _, text := range some(texts) {
		what, claim, _ := strings.Cut(text, "=")
		if at[what] == nil || claim == "" {
			return &usageError{cmd.CommandPath(), fmt.Errorf("--claim %q must be WHAT=CLAIM, with name, email, picture, verified-email or group", text)}
		}
		*at[what] = claim
	}
	return nil
}

// secret reads a secret from a file, or from standard input for "-". A line's end
// after it is no part of it.
func (a *app) secret(file string) (string, error) {
	in := a.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 16<<10))
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", errors.New("--client-secret-file: there is no secret in it")
	}
	return secret, nil
}

func (a *app) ssoRemove() *cobra.Command {
	var id string
	cmd := a.writes(&cobra.Command{Use: "remove TENANT", Short: "Forget a tenant's provider and the client's secret; whom it signed in stays a user", Args: arguments(1, 1)})
	ssoID(cmd, &id)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		tenant, err := ssoTenant(cmd.Context(), p, args[0])
		if err != nil {
			return err
		}
		receipt, err := p.DeleteSSO(cmd.Context(), a.terms(), tenant, id)
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(map[string]rolecall.TenantID{"tenant": tenant}, func() {
			fmt.Fprintf(a.stdout, "removed single sign-on of tenant %s\n", tenant)
		})
	})
	return cmd
}

// ssoRequire returns the command that makes members sign in at the provider, or
// the one that lets them use passwords again.
func (a *app) ssoRequire(required bool) *cobra.Command {
	use, short, done := "optional TENANT", "Let a tenant's members sign in with passwords, too", "made optional: single sign-on of"
	if required {
		use, short, done = "require TENANT", "Have a tenant's members sign in at its provider, and not with a password", "required: single sign-on of"
	}
	var except []string
	cmd := a.writes(&cobra.Command{Use: use, Short: short, Args: arguments(1, 1)})
	if required {
		cmd.Flags().StringArrayVar(&except, "except", nil, "this `user`, by id or login id, may use a password all the same; may be repeated, and replaces who was excepted")
	}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		sso := map[string]any{"required": required}
		if cmd.Flags().Changed("except") {
			sso["except"] = append([]string{}, some(except)...)
		}
		return a.modify(cmd, p, kindOf("tenant"), args[0], map[string]any{"sso": sso}, done)
	})
	return cmd
}

func ssoTenant(ctx context.Context, p project, text string) (rolecall.TenantID, error) {
	found, err := find(ctx, p, rolecall.KindTenant, text)
	if err != nil {
		return "", err
	}
	return found.(*rolecall.Tenant).ID, nil
}

func (l local) SSO(ctx context.Context, tenant rolecall.TenantID, id string) (*client.TenantSSO, error) {
	return shownOf(l.Identity.FindSSOProvider(ctx, system, tenant, id))
}

func (l local) PutSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string, sso client.SSO, secret string) (*client.TenantSSO, rolecall.Receipt, error) {
	var in identity.SSOProvider
	if err := sameForm(sso, &in); err != nil {
		return nil, rolecall.Receipt{}, err
	}
	shown, receipt, err := l.Identity.PutSSOProvider(ctx, t.by(), tenant, id, in, secret)
	made, err := shownOf(shown, err)
	return made, receipt, err
}

func (l local) DeleteSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string) (rolecall.Receipt, error) {
	return l.Identity.DeleteSSOProvider(ctx, t.by(), tenant, id)
}

func shownOf(s *identity.ShownSSOProvider, err error) (*client.TenantSSO, error) {
	if err != nil || s == nil {
		return nil, err
	}
	shown := new(client.TenantSSO)
	return shown, sameForm(s, shown)
}

// sameForm reads into to what from says in JSON.
func sameForm(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (r remote) PutSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string, sso client.SSO, secret string) (*client.TenantSSO, rolecall.Receipt, error) {
	return r.with(t).PutSSO(ctx, tenant, id, sso, secret)
}

func (r remote) DeleteSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string) (rolecall.Receipt, error) {
	return r.with(t).DeleteSSO(ctx, tenant, id)
}
