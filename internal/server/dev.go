package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A DevInfo is what a test harness needs to use a development server: where it
// is, and secrets of an owner and of a machine that may do everything.
type DevInfo struct {
	URL                    string             `json:"url"`
	CAFile                 string             `json:"ca_file,omitempty"` // with TLS only
	ProjectID              string             `json:"project_id"`
	ManagementKey          string             `json:"management_key"`
	ManagementClientID     rolecall.SubjectID `json:"management_client_id"`
	ManagementClientSecret string             `json:"management_client_secret"`
	OwnerEmail             string             `json:"owner_email"`
	OwnerPassword          string             `json:"owner_password"`
}

// devFile keeps a development server's secrets in its data folder, so that they
// are the same at the next start.
const devFile = "dev-info.json"

const (
	devOwner = "owner@example.com"
	devName  = "Development"
)

// develop makes an owner and a management client, and returns the secrets of
// both. Those that are known from an earlier start and still work are kept.
func (s *Server) develop(ctx context.Context) (*DevInfo, error) {
	file := filepath.Join(s.config.Data, devFile)
	if err := os.MkdirAll(s.config.Data, 0o700); err != nil { // which a database does not need
		return nil, err
	}
	info := new(DevInfo)
	if data, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(data, info); err != nil {
			*info = DevInfo{} // the secrets are made again
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	info.URL, info.ProjectID, info.CAFile = s.url, s.Rolecall.Project(), ""
	if s.authority != nil {
		info.CAFile = s.authority.file()
	}
	if err := s.devOwner(ctx, info); err != nil {
		return nil, fmt.Errorf("the development owner: %w", err)
	}
	if err := s.devClient(ctx, info); err != nil {
		return nil, fmt.Errorf("the development key: %w", err)
	}
	return info, info.write(file)
}

var devActor = rolecall.System("dev")

// devOwner makes sure that info holds an owner's e-mail address and password.
func (s *Server) devOwner(ctx context.Context, info *DevInfo) error {
	if info.OwnerPassword != "" {
		ours := new(identity.Event) // nobody has signed in
		_, err := s.Identity.SignIn(ctx, identity.SignIn{Login: info.OwnerEmail, Password: info.OwnerPassword, Noted: ours})
		if err == nil {
			return nil
		}
	}
	info.OwnerEmail, info.OwnerPassword = devOwner, rolecall.RandomText(20)
	login, err := rolecall.Find(ctx, s.Rolecall, devActor, &rolecall.LoginID{Login: devOwner})
	switch {
	case err == nil:
		_, err = s.Identity.SetPassword(ctx, devActor, login.Subject, identity.PasswordChange{Password: info.OwnerPassword})
	case errors.Is(err, rolecall.ErrNotFound):
		_, _, err = s.Identity.CreateUser(ctx, devActor, identity.NewUser{
			User:     rolecall.User{Name: "Owner", Email: devOwner, EmailVerified: true},
			Password: info.OwnerPassword,
			Roles:    []rolecall.Assignment{{Role: rolecall.RoleOwner}},
		})
	}
	return err
}

// devClient makes sure that info holds an access key of a client that is owner
// and gets tokens to administer.
func (s *Server) devClient(ctx context.Context, info *DevInfo) error {
	if info.ManagementKey != "" {
		if _, err := s.Identity.VerifyKey(ctx, info.ManagementKey, ""); err == nil {
			return s.devGrant(ctx, info.ManagementClientID)
		}
	}
	key, err := s.Identity.CreateKey(ctx, devActor, identity.NewKey{
		Name:  devName,
		Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	})
	if err != nil {
		return err
	}
	info.ManagementKey, info.ManagementClientID, info.ManagementClientSecret = key.Secret, key.Client.ID, key.Secret
	return s.devGrant(ctx, key.Client.ID)
}

// devGrant makes sure that a client has a client grant to administer.
func (s *Server) devGrant(ctx context.Context, client rolecall.SubjectID) error {
	there, err := s.Rolecall.List(ctx, devActor, rolecall.Query{Kind: rolecall.KindClientGrant, Where: []rolecall.Condition{
		rolecall.Where("client", client), rolecall.Where("api", rolecall.AdminAPI), rolecall.Where("for", rolecall.ForClient),
	}})
	if err != nil || len(there.Records) > 0 {
		return err
	}
	_, err = s.Rolecall.Write(ctx, devActor, rolecall.Create(&rolecall.ClientGrant{
		ID: rolecall.ClientGrantID(rolecall.NewID("cgr")), Client: client, API: rolecall.AdminAPI, AllScopes: true,
	}))
	return err
}

// write puts info into a file that its owner alone can read, all of it or nothing.
func (info *DevInfo) write(file string) error {
	data, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(file, append(data, '\n'), 0o600)
}

// DevFile returns the file in the data folder that holds the secrets of a
// development server.
func (s *Server) DevFile() string { return filepath.Join(s.config.Data, devFile) }
