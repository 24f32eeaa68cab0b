package mail

import (
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rolecall/rolecall/internal/identity"
)

// Prefix is where a Mailbox is mounted.
const Prefix = "/dev/mail"

// kept is how many mails a Mailbox remembers.
const kept = 200

// A Mailbox takes every mail of a development server, shows them to a browser on
// this machine, and logs them with their links. It is for nothing else: who reads
// it can sign in as anybody.
type Mailbox struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	last  int
	mails []Mail // the newest last
}

// A Mail is one that the Mailbox took, as it answers in JSON.
type Mail struct {
	ID      int       `json:"id"` // counts from 1
	Time    time.Time `json:"time"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Links   []string  `json:"links"` // in the text
}

// NewMailbox returns an empty Mailbox.
func NewMailbox(log *slog.Logger) *Mailbox { return &Mailbox{log: log, now: time.Now} }

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// Send is a [Transport]. It implements [identity.Mailer], too.
func (b *Mailbox) Send(_ context.Context, m identity.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	mail := Mail{b.last, b.now().UTC().Truncate(time.Millisecond), m.To, m.Subject, m.Text, m.HTML, link.FindAllString(m.Text, -1)}
	b.mails = append(b.mails, mail)
	if len(b.mails) > kept {
		b.mails = slices.Delete(b.mails, 0, len(b.mails)-kept)
	}
	b.log.Info("mail", "to", m.To, "subject", m.Subject, "links", mail.Links)
	return nil
}

// Mails returns what is there, the newest first.
func (b *Mailbox) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := append([]Mail{}, b.mails...)
	slices.Reverse(all)
	return all
}

var (
	//go:embed mailbox.html
	mailboxHTML string
	pages       = template.Must(template.New("").Parse(mailboxHTML))
)

// ServeHTTP answers, below Prefix: the list; /ID, one mail; /ID/html, its HTML
// form; and /ID.json and .json, the same for programs. DELETE empties it. It
// answers this machine alone, and only by a name of this machine, which a web page
// from elsewhere can't make a browser use.
func (b *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	id, form, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	id, asJSON := strings.CutSuffix(id, ".json")
	var one *Mail
	all := b.Mails()
	for n := range all {
		if strconv.Itoa(all[n].ID) == id {
			one = &all[n]
		}
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	switch {
	case !onLoopback(r):
		http.Error(w, "The mailbox is for this machine alone.", http.StatusForbidden)
	case r.Method == http.MethodDelete && path == "":
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			http.Error(w, "Not from another site.", http.StatusForbidden)
			return
		}
		b.mu.Lock()
		b.mails = nil
		b.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD, DELETE")
		http.Error(w, "Only GET, or DELETE of the whole mailbox.", http.StatusMethodNotAllowed)
	case path == "" || path == ".json":
		b.show(w, r, path == ".json" || wantsJSON(r), "list", all)
	case one == nil || form != "" && form != "html":
		http.Error(w, "There is no such mail.", http.StatusNotFound)
	case form == "html":
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(strings.Replace(one.HTML, "<head>", `<head><base target="_top">`, 1)))
	default:
		b.show(w, r, asJSON || wantsJSON(r), "one", *one)
	}
}

func (b *Mailbox) show(w http.ResponseWriter, _ *http.Request, asJSON bool, page string, what any) {
	var err error
	if asJSON {
		w.Header().Set("Content-Type", "application/json")
		err = json.NewEncoder(w).Encode(what)
	} else {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		err = pages.ExecuteTemplate(w, page, what)
	}
	if err != nil {
		b.log.Error("the mailbox can't be shown", "error", err)
	}
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// onLoopback reports whether a request comes from this machine, and was meant for it.
func onLoopback(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	host, _, split := net.SplitHostPort(r.Host)
	if split != nil {
		host = strings.Trim(r.Host, "[]")
	}
	return err == nil && from.Addr().Unmap().IsLoopback() && thisMachine(host)
}

// Parts returns a mail's text, cut so that its links can be made links.
func (m Mail) Parts() (parts []Part) {
	rest := m.Text
	for _, at := range m.Links {
		before, after, _ := strings.Cut(rest, at)
		parts, rest = append(parts, Part{Text: before}, Part{Link: at}), after
	}
	return append(parts, Part{Text: rest})
}

// A Part is a piece of text, or a link.
type Part struct{ Text, Link string }
