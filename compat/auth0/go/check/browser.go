package check

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// A Browser is what a person at the server's own pages uses: it keeps cookies,
// follows the server's redirects, and stops at any other.
type Browser struct {
	http.Client
	server string
}

// Browser returns a browser without cookies.
func (s Server) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	OK(err)
	b := &Browser{server: s.URL}
	b.Jar = jar
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.URL) {
			return nil
		}
		return http.ErrUseLastResponse
	}
	return b
}

var field = regexp.MustCompile(`name="state" value="([^"]+)"`)

// SignIn opens an address of /authorize, gives an e-mail address and a password
// on the page that comes, and returns the query of the callback.
func (b *Browser) SignIn(address, email, password string) url.Values {
	return b.Submit(address, url.Values{"username": {email}, "password": {password}})
}

// Submit opens an address of /authorize, fills in the page that comes, and
// returns the query of the callback.
func (b *Browser) Submit(address string, form url.Values) url.Values {
	at, text := b.Open(address)
	found := field.FindStringSubmatch(text)
	if found == nil {
		Fail("there is no form at %s: %s", at, text)
	}
	form.Set("state", found[1])
	back, err := b.PostForm(at, form)
	OK(err)
	defer back.Body.Close()
	return b.callback(back)
}

// Return opens an address of /authorize where nobody is asked anything, and
// returns the query of the callback.
func (b *Browser) Return(address string) url.Values {
	back, err := b.Get(address)
	OK(err)
	defer back.Body.Close()
	return b.callback(back)
}

// Open returns a page, and where it was found.
func (b *Browser) Open(address string) (at, text string) {
	page, err := b.Get(address)
	OK(err)
	defer page.Body.Close()
	data, err := io.ReadAll(page.Body)
	OK(err)
	return page.Request.URL.String(), string(data)
}

func (b *Browser) callback(back *http.Response) url.Values {
	to, err := url.Parse(back.Header.Get("Location"))
	OK(err)
	if to.Host == "" || strings.HasPrefix(to.String(), b.server) {
		text, _ := io.ReadAll(io.LimitReader(back.Body, 4096))
		Fail("no callback, but %s from %s: %s", back.Status, back.Request.URL, text)
	}
	return to.Query()
}
