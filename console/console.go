package console

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
)

// An Option changes how a console works.
type Option func(*console)

// Subject tells the console who makes a request: the user of the application's
// own session, say. "" is nobody, and an error is not told to the browser. Without
// it, and without a server around the console, everybody is nobody.
func Subject(of func(*http.Request) (rolecall.SubjectID, error)) Option {
	return func(c *console) { c.subject = of }
}

// SignInAt sends requests of nobody to a page of the application. Without it
// they are refused with 401.
func SignInAt(url string) Option { return func(c *console) { c.signInAt = url } }

// Prefix is the path that the console is mounted under. Without it, it is that
// of the [http.ServeMux] pattern that led here, as in "/perm-admin/".
func Prefix(path string) Option { return func(c *console) { c.prefix = strings.TrimSuffix(path, "/") } }

// Server says under which URL a Rolecall server has its API: for the commands
// that pages offer to copy. It also makes cookies Secure if it is https.
func Server(url string) Option { return func(c *console) { c.server = strings.TrimSuffix(url, "/") } }

// Logger takes what goes wrong inside. The default discards.
func Logger(log *slog.Logger) Option { return func(c *console) { c.log = log } }

// OfServer is for Rolecall's own server, and nobody else can call it: it adds the
// pages of what an application has its own of, or has no door for. These are
// passwords, invitations, access keys and logins with a sign-in of the console's
// own; the keys that sign tokens; the webhooks, if there are any; and the page of the
// server, if any, on which people sign in with their organization, which gives their
// logins as [LoginCookie].
// Why that is so: docs/decisions/0041-what-of-the-console-is-the-servers.md.
func OfServer(i *identity.Identity, k *token.Keys, w *webhook.Hooks, elsewhere string) Option {
	return func(c *console) { c.identity, c.keyring, c.webhooks, c.elsewhere = i, k, w, elsewhere }
}

// ShowDenials shows the denials that d remembers on the overview.
func ShowDenials(d *Denials) Option { return func(c *console) { c.denials = d } }

// Handler returns the console of a project.
func Handler(rc *rolecall.Service, options ...Option) http.Handler {
	c := &console{rc: rc, log: slog.New(slog.DiscardHandler), verifyTime: verifyTime}
	for _, o := range options {
		o(c)
	}
	if c.routes = table(); c.webhooks == nil {
		c.routes = slices.DeleteFunc(c.routes, func(r route) bool { return ofWebhooks(r.path) })
	}
	c.mux = c.routing()
	return c
}

type console struct {
	rc       *rolecall.Service
	identity *identity.Identity // nil in an application
	keyring  *token.Keys        // nil in an application
	webhooks *webhook.Hooks     // nil in an application
	subject  func(*http.Request) (rolecall.SubjectID, error)
	signInAt string
	// elsewhere is where people sign in with their organization, "" if nowhere.
	elsewhere string
	prefix    string
	server    string
	denials   *Denials // nil if nobody remembers any
	log       *slog.Logger

	edited fs.FS // nil but where pages are worked on

	verifyTime time.Duration // how long a page waits for the journal to be verified

	origin http.CrossOriginProtection
	routes []route
	mux    *http.ServeMux
}

// policy is what a browser may load: nothing from elsewhere, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of all answers.
func guard(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

func (h *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	c := &call{console: h, w: w, r: r, ctx: r.Context()}
	var rest string
	c.prefix, rest = h.mounted(r)
	if !strings.HasPrefix(rest, "/") { // "/console": its relative links would be wrong
		http.Redirect(w, r, c.prefix+"/", http.StatusMovedPermanently)
		return
	}
	if name, ok := strings.CutPrefix(rest, "/static/"); ok {
		h.serveAsset(w, r, name)
		return
	}
	if tail, ok := strings.CutPrefix(rest, "/t/"); ok {
		id, path, _ := strings.Cut(tail, "/")
		c.Tenant, rest = rolecall.TenantID(idOf(id)), "/"+path
	}
	to := r.Clone(withCall(r.Context(), c))
	path, err := url.PathUnescape(rest)
	if err != nil {
		path = rest
	}
	to.URL = &url.URL{Path: path, RawPath: rest, RawQuery: r.URL.RawQuery}
	to.Pattern = ""
	c.path = rest
	if err := h.origin.Check(r); err != nil {
		c.fail(errCrossOrigin)
		return
	}
	h.mux.ServeHTTP(w, to)
}

// mounted returns the path that the console is under, without a slash at its
// end, and the rest of r's, whether or not somebody stripped the prefix already.
func (h *console) mounted(r *http.Request) (prefix, rest string) {
	prefix = h.prefix
	if prefix == "" {
		_, path, _ := strings.Cut(r.Pattern, "/")
		path, _, _ = strings.Cut("/"+path, "{")
		prefix = strings.TrimRight(strings.TrimSuffix(path, "*"), "/")
	}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, prefix); ok {
		return prefix, rest
	}
	return prefix, path
}
