package oidc

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
)

// The two answers that a script sends on, so that they need one. It is the only
// one on our pages, and a nonce lets it run.
var (
	messageText = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html><head><title>Authorization</title></head><body><script nonce="{{.Nonce}}">
(function () {
	var to = window.opener || (window.parent !== window ? window.parent : null);
	if (to) to.postMessage({type: "authorization_response", response: {{.Response}}}, {{.Origin}});
})();
</script></body></html>
`))
	postText = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><head><title>Signing in</title></head><body>
<form method="post" action="{{.Action}}">{{range .Parameters}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">{{end}}
<noscript><button>Continue</button></noscript></form>
<script nonce="{{.Nonce}}">document.forms[0].submit();</script></body></html>
`))
)

// respondMessage answers in the response mode web_message: a page in a frame or a
// popup tells the window that opened it, if that is of the redirect URI's origin.
func (p *Provider) respondMessage(w http.ResponseWriter, c *rolecall.Client, req *Request, all []parameter) error {
	response := map[string]string{}
	for _, a := range all {
		response[a.name] = a.value
	}
	frames := filter(c.OAuth.WebOrigins, func(o string) bool { return originOf(o) == o })
	nonce := rolecall.RandomText(22)
	h := w.Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors "+
		strings.Join(frames, " "))
	return page(w, http.StatusOK, messageText, map[string]any{"Nonce": nonce, "Response": response, "Origin": originOf(req.RedirectURI)})
}

// respondForm answers in the response mode form_post.
func (p *Provider) respondForm(w http.ResponseWriter, req *Request, all []parameter) error {
	type field struct{ Name, Value string }
	var fields []field
	for _, a := range all {
		fields = append(fields, field{a.name, a.value})
	}
	nonce := rolecall.RandomText(22)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; base-uri 'none'; form-action "+
		formAction(req.RedirectURI)+"; frame-ancestors 'none'")
	return page(w, http.StatusOK, postText, map[string]any{"Nonce": nonce, "Action": template.URL(req.RedirectURI), "Parameters": fields})
}
