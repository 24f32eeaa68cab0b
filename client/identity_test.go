package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

func TestUsersAndPasswords(t *testing.T) {
	c := newServer(t).dial(t, "")
	blog(t, c)
	ctx := t.Context()
	const first, second, third = "correct horse battery", "staple correct horse", "battery staple correct"
	user, receipt, err := c.CreateUser(ctx, client.NewUser{
		User: rolecall.User{ID: "dave", Email: "dave@example.com"}, Password: first, Tenants: []rolecall.TenantID{"acme"},
		Roles: []client.NewRole{{Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}},
	})
	if err != nil || user.ID != "dave" || user.CreatedAt.IsZero() || receipt.Revision == 0 {
		t.Fatalf("CreateUser = %+v, %+v, %v", user, receipt, err)
	}
	if d, err := c.Check(ctx, rolecall.Request{Subject: "dave", Permission: "post.publish", Tenant: "acme"}); err != nil || !d.Allowed {
		t.Errorf("dave's role gives %+v, %v", d, err)
	}
	signIn := func(password string) error {
		_, err := c.Token(ctx, client.TokenRequest{Login: "Dave@Example.com", Password: password})
		return err
	}
	if err := signIn(first); err != nil {
		t.Error(err)
	}
	if err := c.ChangePassword(ctx, "dave@example.com", first, second); err != nil {
		t.Error(err)
	}
	if err := signIn(first); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("the old password gives %v", err)
	}
	if _, err := c.SetPassword(ctx, "dave", third, true); err != nil {
		t.Error(err)
	}
	if err := signIn(third); !errors.Is(err, client.ErrPasswordExpired) {
		t.Errorf("a temporary password gives %v", err)
	}
	if err := signIn(second); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("the replaced password gives %v", err)
	}
}

func TestKeysAndTokens(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	blog(t, c)
	ctx := t.Context()
	key, _, err := c.CreateKey(ctx, client.NewKey{Name: "robot", Roles: []client.NewRole{{Role: "editor"}}, ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil || !strings.HasPrefix(key.Secret, "rck_") || key.Subject == "" {
		t.Fatalf("CreateKey = %v, %v", key, err)
	}
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%+v", key)} {
		if strings.Contains(text, key.Secret) {
			t.Errorf("a Key prints its secret: %s", text)
		}
	}
	robot := s.dial(t, key.Secret)
	me, err := robot.Me(ctx)
	if err != nil || me.Subject != key.Subject || len(me.Roles) != 1 || me.Roles[0] != "Editor" {
		t.Errorf("Me = %+v, %v", me, err)
	}
	token, err := robot.Token(ctx, client.TokenRequest{Lifetime: 10 * time.Minute})
	if err != nil || strings.Count(token.AccessToken, ".") != 2 || token.ExpiresIn < 9*time.Minute || token.ExpiresIn > 10*time.Minute {
		t.Errorf("Token = %v, %v", token, err)
	}
	if token != nil && strings.Contains(fmt.Sprintf("%v %+v", token, token), token.AccessToken) {
		t.Error("a Token prints itself")
	}

	again, _, err := c.RotateKey(ctx, key.ID)
	if err != nil || again.Secret == key.Secret || again.ID != key.ID {
		t.Fatalf("RotateKey = %v, %v", again, err)
	}
	if _, err := robot.Me(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("the old secret gives %v", err)
	}
	robot = s.dial(t, again.Secret)
	if _, err := c.DeleteKey(ctx, key.ID); err != nil {
		t.Error(err)
	}
	if _, err := robot.Me(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("a deleted key gives %v", err)
	}

	id, err := c.RotateSigningKey(ctx, "EdDSA", time.Hour)
	if err != nil || id == "" {
		t.Errorf("RotateSigningKey = %q, %v", id, err)
	}
	if _, err := client.Find(ctx, c, &rolecall.SigningKey{ID: id}); err != nil {
		t.Errorf("the new signing key: %v", err)
	}
}

func TestAnInvitationIsAnsweredOnceWithItsLink(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	if _, err := c.Write(t.Context(), client.Create(&rolecall.Tenant{ID: "initech", Name: "Initech"}), client.Create(&rolecall.Role{ID: "guest", Name: "Guest"})); err != nil {
		t.Fatal(err)
	}
	n := client.NewInvitation{Email: "zoe@example.com", Tenant: "initech", Roles: []rolecall.RoleID{"guest"}, Lifetime: time.Hour, Show: true}
	made, receipt, err := c.Invite(t.Context(), n)
	if err != nil || receipt.Revision != s.rc.Revision() {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if left := time.Until(made.ExpiresAt); made.Sent || !strings.Contains(made.Link, "/u/invitation?ticket=") || left > time.Hour || left < 59*time.Minute || len(made.Roles) != 1 {
		t.Errorf("made %+v", made)
	}
	_, ticket, _ := strings.Cut(made.Link, "ticket=")
	if text := fmt.Sprintf("%+v", made); strings.Contains(text, ticket) {
		t.Errorf("an Invitation prints its link: %s", text)
	}
	if found, err := s.identity.FindInvitation(t.Context(), ticket); err != nil || found.ID != made.ID {
		t.Errorf("the link leads to %+v, %v", found, err)
	}
	if dry, receipt, err := c.With(client.Terms{DryRun: true}).Invite(t.Context(), n); dry != nil || !receipt.DryRun || err != nil {
		t.Errorf("a dry run made %+v, %v", dry, err)
	}
}
