package console

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// Cookies are sent to the console alone. They hold no state but a login's
// secret, the colours, and what the last change says of itself.
const (
	loginCookie = "rolecall_login"
	themeCookie = "rolecall_theme"
	flashCookie = "rolecall_flash"
)

// setCookie sets a cookie for a time, or until the browser ends if that is 0.
// An empty value deletes it.
func (c *call) setCookie(name, value string, lasts time.Duration) {
	cookie := &http.Cookie{
		Name: name, Value: value, Path: c.prefix + "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: c.r.TLS != nil || strings.HasPrefix(c.server, "https:"),
		MaxAge: int(lasts.Seconds()),
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.w, cookie)
}

func (c *call) cookie(name string) string {
	if cookie, err := c.r.Cookie(name); err == nil {
		return cookie.Value
	}
	return ""
}

// say has the next page tell what was done.
func (c *call) say(text string) {
	c.setCookie(flashCookie, base64.RawURLEncoding.EncodeToString([]byte(text)), time.Minute)
}

// takeFlash returns what the last change had to say, once.
func (c *call) takeFlash() string {
	value := c.cookie(flashCookie)
	if value == "" || c.route.do != nil {
		return ""
	}
	c.setCookie(flashCookie, "", 0)
	text, _ := base64.RawURLEncoding.DecodeString(value)
	return string(text)
}

// Theme is "light", "dark", or "" for what the browser prefers.
func (c *call) Theme() string {
	if theme := c.cookie(themeCookie); theme == "light" || theme == "dark" {
		return theme
	}
	return ""
}

// setTheme keeps the colours that the viewer wants, and goes back.
func setTheme(c *call) (*change, error) {
	theme := c.Value("theme")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	c.setCookie(themeCookie, theme, 365*24*time.Hour)
	return &change{then: c.local(c.Value("back"))}, nil
}

// local returns a path if it leads within the console, and its home otherwise.
func (c *call) local(path string) string {
	if strings.HasPrefix(path, c.prefix+"/") && !strings.HasPrefix(path, "//") &&
		!strings.ContainsAny(path, "\\\r\n\t") && !strings.Contains(path+"/", "/../") {
		return path
	}
	return c.prefix + "/"
}

// Back is the URL of the page itself, for forms that return to it.
func (c *call) Back() string {
	if c.r.Method != http.MethodGet {
		return c.Link("/")
	}
	back := c.Link("/")
	back = strings.TrimSuffix(back, "/") + c.path
	if c.r.URL.RawQuery != "" {
		back += "?" + c.r.URL.RawQuery
	}
	return back
}
