package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rolecall/rolecall"
)

// A parameter is one of an authorization response.
type parameter struct{ name, value string }

// respondError answers a request with an error, where the answer to it belongs.
// One that is not for applications stays here.
func (p *Provider) respondError(w http.ResponseWriter, r *http.Request, c *rolecall.Client, req *Request, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return p.respond(w, r, c, req, []parameter{{"error", e.Code}, {"error_description", e.Description}})
}

// respond sends the browser back to the application with an answer: the state as
// it came, and who answers (RFC 9207), so that no other provider's answer is
// taken for ours.
func (p *Provider) respond(w http.ResponseWriter, r *http.Request, c *rolecall.Client, req *Request, all []parameter) error {
	if req.State != "" {
		all = append(all, parameter{"state", req.State})
	}
	switch req.ResponseMode {
	case modeWebMessage:
		return p.respondMessage(w, c, req, all)
	case modeFormPost:
		return p.respondForm(w, req, append(all, parameter{"iss", p.issuer}))
	}
	values := encode(append(all, parameter{"iss", p.issuer}))
	to := req.RedirectURI + "#" + values
	if req.ResponseMode == modeQuery {
		to = withQuery(req.RedirectURI, values)
	}
	back(w, r, to)
	return nil
}

// encode writes parameters in their order.
func encode(all []parameter) string {
	var text strings.Builder
	for _, a := range all {
		if text.Len() > 0 {
			text.WriteByte('&')
		}
		text.WriteString(a.name + "=" + url.QueryEscape(a.value))
	}
	return text.String()
}

// withQuery adds to the query of a URI that has no fragment, and leaves the rest
// of it as it is, byte for byte.
func withQuery(uri, query string) string {
	switch {
	case query == "":
		return uri
	case !strings.Contains(uri, "?"):
		return uri + "?" + query
	case strings.HasSuffix(uri, "?") || strings.HasSuffix(uri, "&"):
		return uri + query
	}
	return uri + "&" + query
}

// redirect sends a browser to one of our pages, by GET. http.Redirect would
// rewrite the address, and write a body that holds it.
func redirect(w http.ResponseWriter, to string) { redirectAs(w, http.StatusSeeOther, to) }

// back sends a browser to an application. A GET gets the status that the
// vendor's clients know; after a POST no browser may send its body on.
func back(w http.ResponseWriter, r *http.Request, to string) {
	status := http.StatusSeeOther
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		status = http.StatusFound
	}
	redirectAs(w, status, to)
}

func redirectAs(w http.ResponseWriter, status int, to string) {
	w.Header().Set("Location", ascii(to))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// ascii escapes what has no place in a header.
func ascii(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		if b <= ' ' || b >= 0x7f {
			out.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15])))
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}
