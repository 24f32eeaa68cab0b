package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A key that counts from some addresses only counts from them at every door.
func TestAKeyCountsFromItsAddressesAtEveryDoor(t *testing.T) {
	s := start(t, Config{})
	for _, tt := range []struct {
		name  string
		from  []string
		there bool
	}{
		{"anywhere", nil, true},
		{"its address", []string{"192.0.2.1"}, true},
		{"its network", []string{"198.51.100.7", "192.0.2.0/24"}, true},
		{"another address", []string{"198.51.100.7"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := s.Identity.CreateKey(context.Background(), rolecall.System("test"), identity.NewKey{
				Name: "robot", PermittedIPs: tt.from, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Rolecall.Write(context.Background(), rolecall.System("test"), rolecall.Create(&rolecall.ClientGrant{
				ID: rolecall.ClientGrantID(rolecall.NewID("cgr")), Client: key.Client.ID, API: rolecall.AdminAPI, AllScopes: true,
			})); err != nil {
				t.Fatal(err)
			}
			for _, ask := range []struct{ method, path, bearer, body string }{
				{"GET", "/api/v1/roles", key.Secret, ""},
				{"POST", "/api/v1/token", "", `{"access_key":"` + key.Secret + `"}`},
				{"POST", "/access/v1/evaluation", key.Secret, `{"subject":{"type":"user","id":"x"},"action":{"name":"x"},"resource":{"type":"t","id":"1"}}`},
				{"GET", "/metrics", key.Secret, ""},
				{"GET", "/v1/mgmt/role/all", s.Rolecall.Project() + ":" + key.Secret, ""},
				{"POST", "/v1/auth/accesskey/exchange", s.Rolecall.Project() + ":" + key.Secret, "{}"},
				{"POST", "/oauth/token", "", `{"grant_type":"client_credentials","client_id":"` + string(key.Client.ID) + `","client_secret":"` + key.Secret + `","audience":"rolecall"}`},
			} {
				r := httptest.NewRequest(ask.method, ask.path, strings.NewReader(ask.body)) // from 192.0.2.1
				r.Header.Set("Content-Type", "application/json")
				if ask.bearer != "" {
					r.Header.Set("Authorization", "Bearer "+ask.bearer)
				}
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if got := w.Code != http.StatusUnauthorized; got != tt.there || tt.there && w.Code != http.StatusOK {
					t.Errorf("%s %s = %d %s", ask.method, ask.path, w.Code, w.Body)
				}
			}
		})
	}
}

// What can't be read as addresses lets a key in from nowhere.
func TestAKeyWithUnreadableAddressesCountsFromNowhere(t *testing.T) {
	s := start(t, Config{})
	by := rolecall.System("test")
	for _, attributes := range []string{`{"permitted_ips":"192.0.2.1"}`, `{"permitted_ips":["192.0.2"]}`, `{"permitted_ips":{}}`} {
		key, err := s.Identity.CreateKey(context.Background(), by, identity.NewKey{Name: "robot"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rolecall.Write(context.Background(), by, rolecall.Modify(key.Credential, func(c *rolecall.Credential) error {
			c.Attributes = json.RawMessage(attributes)
			return nil
		})); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Identity.VerifyKey(context.Background(), key.Secret, "192.0.2.1:1"); err != identity.ErrBadCredentials {
			t.Errorf("%s: %v", attributes, err)
		}
	}
}
