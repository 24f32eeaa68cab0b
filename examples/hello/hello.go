// Package hello is an API with three messages: one for everybody, one for who
// is signed in, one for who holds a permission. It answers as the "Hello World"
// API of Auth0's samples does, so that their front ends and tests work with it.
//
// It differs in two things: a role that is taken away counts at once, whatever
// the token still says; and a server that can't be asked is a 503.
package hello

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
)

// Permission is what the admin message takes.
const Permission = "read:admin-messages"

// New returns the API. Tokens are verified by verifier, whose audience is the
// API's identifier, and checker is asked what their subjects may do. Pages of
// origin may call it; "" means none.
func New(checker rolecall.Checker, verifier *pep.Verifier, origin string) http.Handler {
	guard := pep.New(checker, pep.JWT(verifier), pep.OnDeny(deny))
	api := http.NewServeMux()
	api.Handle("/api/messages/public", message("This is a public message."))
	api.Handle("/api/messages/protected", wellFormed(guard.RequireLogin()(message("This is a protected message."))))
	api.Handle("/api/messages/admin", wellFormed(guard.Require(Permission)(message("This is an admin message."))))
	api.Handle("/", http.HandlerFunc(notFound))
	return headers(cors(origin, onlyGET(api)))
}

// message answers with a text.
func message(text string) http.Handler {
	type metadata struct {
		API    string `json:"api"`
		Branch string `json:"branch"`
	}
	body := struct {
		Metadata metadata `json:"metadata"`
		Text     string   `json:"text"`
	}{metadata{"api_flask_python_hello-world", "basic-role-based-access-control"}, text}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, body) })
}

// problem is what is answered instead of a message. Its fields are in the
// order of their names.
type problem struct {
	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
	Message     string `json:"message"`
}

// wellFormed refuses an Authorization header that is not of two words.
func wellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		words := strings.Fields(r.Header.Get("Authorization"))
		switch len(words) {
		case 0:
			answer(w, http.StatusUnauthorized, problem{Message: "Requires authentication"})
		case 2:
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", words[0]+" "+words[1])
			next.ServeHTTP(w, r)
		default:
			answer(w, http.StatusBadRequest, problem{"invalid_request",
				"Authorization header value must follow this format: Bearer access-token", "Requires authentication"})
		}
	})
}

// deny answers a request that the guard does not let pass.
func deny(w http.ResponseWriter, _ *http.Request, d pep.Denial) {
	if d.Challenge != "" {
		w.Header().Set("WWW-Authenticate", d.Challenge)
	}
	switch {
	case d.Status == http.StatusForbidden:
		answer(w, d.Status, problem{Message: "Permission denied"})
	case d.Code == "invalid_token":
		answer(w, d.Status, problem{d.Code, d.Description, "Bad credentials"})
	case d.Status == http.StatusServiceUnavailable:
		answer(w, d.Status, problem{Message: "Service Unavailable"})
	default:
		answer(w, d.Status, problem{Message: "Requires authentication"})
	}
}

func notFound(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		answer(w, http.StatusNotFound, problem{Message: "Not Found"})
		return
	}
	page(w, http.StatusNotFound, "The requested URL was not found on the server. "+
		"If you entered the URL manually please check your spelling and try again.")
}

// onlyGET refuses other methods on paths that exist.
func onlyGET(api *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := api.Handler(r)
		switch {
		case pattern == "/" || r.Method == http.MethodGet || r.Method == http.MethodHead:
			api.ServeHTTP(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", "HEAD, OPTIONS, GET")
			w.WriteHeader(http.StatusOK)
		default:
			w.Header().Set("Allow", "HEAD, OPTIONS, GET")
			page(w, http.StatusMethodNotAllowed, "The method is not allowed for the requested URL.")
		}
	})
}

// headers sets what is on every answer.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Cache-Control", "no-store, max-age=0, must-revalidate")
		h.Set("Pragma", "no-cache")
		h.Set("Expires", "0")
		h.Set("X-XSS-Protection", "0")
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		h.Set("Permissions-Policy", "browsing-topics=()")
		next.ServeHTTP(w, r)
	})
}

// cors lets pages of origin call what is below /api/, and answers their preflights.
func cors(origin string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := r.Header.Get("Origin")
		allowed := origin != "" && strings.HasPrefix(r.URL.Path, "/api/") && (from == "" || from == origin)
		if allowed {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Add("Vary", "Origin")
		}
		if !allowed || r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		var asked []string
		for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
			if name = strings.TrimSpace(name); strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Content-Type") {
				asked = append(asked, name)
			}
		}
		if len(asked) > 0 {
			w.Header().Set("Access-Control-Allow-Headers", strings.Join(asked, ", "))
		}
		w.Header().Set("Access-Control-Allow-Methods", "GET")
		w.Header().Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusOK)
	})
}

// answer writes body as compact JSON with a newline behind it.
func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// page writes the HTML that the samples' framework answers with.
func page(w http.ResponseWriter, status int, text string) {
	name := http.StatusText(status)
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html>\n<html lang=en>\n<title>%d %s</title>\n<h1>%s</h1>\n<p>%s</p>\n", status, name, name, text)
}
