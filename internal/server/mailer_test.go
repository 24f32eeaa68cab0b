package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
)

func TestADevelopmentServerShowsItsMails(t *testing.T) {
	s := start(t, Config{Dev: true})
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:5000", "127.0.0.1:8787"
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	invited, err := s.Identity.Invite(t.Context(), devActor, identity.NewInvitation{Email: "zoe@example.com", Inviter: "Olga"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Identity.SendInvitation(t.Context(), invited); err != nil {
		t.Fatal(err)
	}
	var all []mail.Mail
	if err := json.Unmarshal(get("/dev/mail.json").Body.Bytes(), &all); err != nil || len(all) != 1 || len(all[0].Links) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if want := s.URL() + "u/invitation?ticket=" + invited.Ticket; all[0].To != "zoe@example.com" || all[0].Links[0] != want {
		t.Errorf("a mail to %s with the links %s, want %s", all[0].To, all[0].Links, want)
	}
	for _, path := range []string{"/dev/mail", "/dev/mail/1"} {
		if got := get(path); got.Code != 200 || !strings.Contains(got.Body.String(), "Join Rolecall") {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}

func TestWithoutDevThereIsNoMailbox(t *testing.T) {
	s := start(t, Config{})
	if got := ask(s, "GET", "/dev/mail"); got.StatusCode != http.StatusNotFound {
		t.Errorf("got %d", got.StatusCode)
	}
	if s.Identity.Mails() {
		t.Error("it says that it sends mails")
	}
}

func TestAMailServerThatCannotBeUsedStopsTheStart(t *testing.T) {
	for _, c := range []Config{
		{SMTPURL: "smtp://mail.example.com"},
		{MailFrom: "a@example.com"},
		{SMTPURL: "http://u:secret@mail.example.com", MailFrom: "a@example.com"},
		{SMTPURL: "smtp://u:secret@mail.example.com", MailFrom: "nobody"},
	} {
		c.Data, c.Addr, c.Log = t.TempDir(), "127.0.0.1:0", slog.New(slog.DiscardHandler)
		if s, err := New(t.Context(), c); err == nil {
			s.Close()
			t.Errorf("%+v starts", c)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
	s := start(t, Config{SMTPURL: "smtp://u:secret@mail.example.com", MailFrom: "a@example.com"})
	if !s.Identity.Mails() {
		t.Error("with a mail server it does not say that it sends mails")
	}
}

// A letterbox is a mail server that keeps what it is given.
type letterbox struct{ mails chan string }

func (l letterbox) NewSession(*smtp.Conn) (smtp.Session, error) { return l, nil }
func (letterbox) Reset()                                        {}
func (letterbox) Logout() error                                 { return nil }
func (letterbox) Mail(string, *smtp.MailOptions) error          { return nil }
func (letterbox) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (l letterbox) Data(r io.Reader) error {
	text, err := io.ReadAll(quotedprintable.NewReader(r))
	l.mails <- string(text)
	return err
}

func TestMailsGoThroughTheMailServer(t *testing.T) {
	box := letterbox{make(chan string, 1)}
	at := smtp.NewServer(box)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go at.Serve(l)
	defer at.Close()
	var log bytes.Buffer
	s := start(t, Config{SMTPURL: "smtp://" + l.Addr().String() + "?tls=off", MailFrom: "Rolecall <no-reply@example.com>", Log: slog.New(slog.NewTextHandler(&log, nil))})
	invited, err := s.Identity.InviteAndSend(t.Context(), rolecall.System("test"), identity.NewInvitation{Email: "zoe@example.com"})
	if err != nil || !invited.Sent {
		t.Fatalf("%+v, %v", invited, err)
	}
	select {
	case text := <-box.mails:
		if !strings.Contains(text, s.URL()+"u/invitation?ticket="+invited.Ticket) || !strings.Contains(text, "zoe@example.com") {
			t.Errorf("the mail is %s", text)
		}
	case <-time.After(time.Minute):
		t.Fatal("no mail came")
	}
	s.Close()
	if strings.Contains(log.String(), invited.Ticket) || !strings.Contains(log.String(), "mail sent") {
		t.Errorf("the log says %s", log.String())
	}
}
