package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/examples/hello"
)

// A tour asks the demo's servers, prints each request with its answer, and
// remembers whether all were the expected ones.
type tour struct {
	ctx         context.Context
	paint       *paint
	server, api string // URLs; the server's ends with a slash
	cast        *cast

	step   int
	failed int
}

// A scene is one request of the tour, and the answer that it must have.
type scene struct {
	title  string
	who    string // whose credentials: a name, or "nobody"
	bearer string
	method string
	url    string
	body   any
	status int
	answer string // all of it; "" means anything
}

var errTour = errors.New("the tour went wrong: an answer was not the expected one")

// play goes through the tour.
func (t *tour) play() error {
	const (
		requires = `{"message":"Requires authentication"}`
		denied   = `{"message":"Permission denied"}`
		metadata = `{"metadata":{"api":"api_flask_python_hello-world","branch":"basic-role-based-access-control"},"text":`
	)
	message := func(title, who, token, name string, status int, answer string) {
		t.show(scene{title: title, who: who, bearer: token, method: "GET", url: t.api + "/api/messages/" + name, status: status, answer: answer})
	}

	t.paint.title("Rolecall: who may do what, where, and why")
	t.paint.text("A server at " + strings.TrimSuffix(t.server, "/") + ", and an API at " + t.api + " that asks it.")

	t.paint.chapter("Without a token")
	message("Anybody reads the public message", "nobody", "", "public", 200, metadata+`"This is a public message."}`)
	message("Nobody reads the admin message", "nobody", "", "admin", 401, requires)

	t.paint.chapter("Ben, who is signed in and holds no role")
	token := t.signIn("Ben signs in", ben, audience)
	message("He reads the protected message", "Ben", token, "protected", 200, metadata+`"This is a protected message."}`)
	message("He may not read the admin message", "Ben", token, "admin", 403, denied)

	t.paint.chapter("Ada, who holds the role Messages Admin")
	token = t.signIn("Ada signs in", ada, audience)
	message("She reads the admin message", "Ada", token, "admin", 200, metadata+`"This is an admin message."}`)
	owner := t.signIn("Cleo, who owns the project, signs in to administer it", cleo, "rolecall")
	t.why(owner, "Cleo asks why Ada may")

	t.paint.chapter("The role is taken away")
	t.show(scene{title: "Cleo takes the role from Ada", who: "Cleo", bearer: owner, method: "DELETE",
		url: t.server + "api/v1/assignments?subject=" + string(ada) + "&role=" + string(adminRole), status: 204})
	message("Ada's token is the same and still valid, but counts no more", "Ada", token, "admin", 403, denied)
	t.why(owner, "Cleo asks why not")

	if t.failed > 0 {
		return errTour
	}
	return t.ctx.Err()
}

// signIn gets a token for an API by a user's password.
func (t *tour) signIn(title string, user rolecall.SubjectID, api string) string {
	answer := t.show(scene{title: title, who: name(user), method: "POST", url: t.server + "api/v1/token", status: 200,
		body: map[string]string{"login": string(user) + "@example.com", "password": t.cast.passwords[user], "api": api}})
	var got issued
	json.Unmarshal(answer, &got)
	return got.AccessToken
}

// why asks for an explanation and prints it as a tree.
func (t *tour) why(token, title string) {
	question := rolecall.Request{Subject: ada, Permission: hello.Permission, API: audience}
	answer := t.show(scene{title: title, who: "Cleo", bearer: token, method: "POST", url: t.server + "api/v1/explain", body: question, status: 200})
	var e rolecall.Explanation
	if err := json.Unmarshal(answer, &e); err != nil {
		t.failed++
		return
	}
	n := &names{known: map[rolecall.Kind]map[string]string{
		kindSubject:       {string(ada): name(ada)},
		rolecall.KindRole: {string(adminRole): "Messages Admin"},
	}}
	var text strings.Builder
	writeExplanation(&text, e, n)
	t.paint.tree(text.String())
}

// show plays one scene and returns the answer's body.
func (t *tour) show(s scene) []byte {
	if t.ctx.Err() != nil {
		return nil
	}
	t.step++
	t.paint.scene(t.step, s.title)
	status, answer, err := t.ask(s)
	if err != nil {
		t.failed++
		t.paint.wrong(err.Error())
		return nil
	}
	t.paint.request(s)
	t.paint.answer(status, shorten(answer, s))
	switch {
	case status != s.status:
		t.failed++
		t.paint.wrong(fmt.Sprintf("expected the status %d", s.status))
	case s.answer != "" && string(answer) != s.answer+"\n":
		t.failed++
		t.paint.wrong("expected " + s.answer)
	}
	return answer
}

func (t *tour) ask(s scene) (status int, answer []byte, err error) {
	var body io.Reader
	if s.body != nil {
		data, err := json.Marshal(s.body)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(data)
	}
	ctx, cancel := context.WithTimeout(t.ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, s.method, s.url, body)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+s.bearer)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer got.Body.Close()
	answer, err = io.ReadAll(got.Body)
	return got.StatusCode, answer, err
}

// shorten returns an answer as the tour prints it: without the token in it, and
// without an explanation, which is printed as a tree.
func shorten(answer []byte, s scene) string {
	text := strings.TrimSpace(string(answer))
	var got issued
	if json.Unmarshal(answer, &got) == nil && got.AccessToken != "" {
		return fmt.Sprintf(`{"access_token":"%s…","token_type":"%s","expires_in":%d}`, got.AccessToken[:12], got.TokenType, got.ExpiresIn)
	}
	var d rolecall.Decision
	if _, explained := s.body.(rolecall.Request); explained && json.Unmarshal(answer, &d) == nil {
		return fmt.Sprintf(`{"allowed":%t,"reason":"%s", …}`, d.Allowed, d.Reason)
	}
	return text
}

// name is what people call one of the demo's users.
func name(user rolecall.SubjectID) string {
	return strings.ToUpper(string(user[:1])) + string(user[1:])
}

// stay says what can be tried while the servers stay up.
func (t *tour) stay(folder string, took time.Duration) {
	p := t.paint
	p.chapter("Now you")
	p.text(fmt.Sprintf("The tour took %.1f seconds. The server and the API stay up until Ctrl-C.", took.Seconds()))
	p.text("The server is at " + t.server + ", its data in " + folder)
	p.text("The API is at " + t.api)
	p.text("Copy and paste:")
	p.lines(
		"# a token for Ada",
		fmt.Sprintf(`TOKEN=$(curl -s %sapi/v1/token -H 'Content-Type: application/json' -d '{"login":"ada@example.com","password":"%s","api":"%s"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')`,
			t.server, t.cast.passwords[ada], audience),
		"",
		"# the admin message: 403, since her role is gone",
		fmt.Sprintf(`curl -s -w '%%{http_code}\n' %s/api/messages/admin -H "Authorization: Bearer $TOKEN"`, t.api),
		"",
		"# give the role back, with Cleo's key",
		fmt.Sprintf(`curl -s -X PUT %sapi/v1/assignments -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"subject":"ada","role":"%s"}'`,
			t.server, t.cast.ownerKey, adminRole),
		"",
		"# the same token again: 200",
		fmt.Sprintf(`curl -s -w '%%{http_code}\n' %s/api/messages/admin -H "Authorization: Bearer $TOKEN"`, t.api),
		"",
		"# why",
		fmt.Sprintf(`curl -s %sapi/v1/explain -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"subject":"ada","permission":"%s","api":"%s"}'`,
			t.server, t.cast.ownerKey, hello.Permission, audience),
	)
	p.text("The same from the command line, on the data file:")
	p.lines(
		"go run ./cmd/rolecall explain "+hello.Permission+" --as ada --data "+shellQuote(folder),
		"go run ./cmd/rolecall unassign "+string(adminRole)+" ada --data "+shellQuote(folder),
	)
}
