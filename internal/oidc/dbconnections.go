package oidc

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A databaseError is the form that errors of /dbconnections have. One form for
// all reasons why an address can't sign up: it tells nobody who has signed up.
type databaseError struct {
	Name        string `json:"name"`
	Code        string `json:"code"`
	Message     string `json:"message,omitempty"`
	Description string `json:"description"`
	Policy      string `json:"policy,omitempty"`
	Status      int    `json:"statusCode"`
}

var errSignUp = databaseError{Name: "BadRequestError", Code: "invalid_signup", Description: "Invalid sign up", Status: http.StatusBadRequest}

// A signUp is the body of POST /dbconnections/signup, of what is not text.
type signUp struct {
	Metadata map[string]any `json:"user_metadata"`
}

// signup serves POST /dbconnections/signup. The user holds nothing but the
// project's default roles.
func (p *Provider) signup(w http.ResponseWriter, r *http.Request) error {
	f, body, err := readWhole(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	connection, err := p.database(w, r, f)
	if err != nil {
		return err
	}
	attributes := map[string]any{}
	for _, name := range []string{"given_name", "family_name", "nickname", "username"} {
		if f[name] != "" {
			attributes[name] = f[name]
		}
	}
	var more signUp
	if json.Valid(body) && json.Unmarshal(body, &more) != nil {
		return badRequest("The user_metadata must be an object.")
	}
	if len(more.Metadata) > 0 {
		attributes["user_metadata"] = more.Metadata
	}
	kept, err := json.Marshal(attributes)
	if err != nil {
		return err
	}
	var number [12]byte
	rand.Read(number[:])
	id := hex.EncodeToString(number[:])
	u := identity.NewUser{Password: f["password"], User: rolecall.User{
		ID: rolecall.SubjectID("auth0|" + id), Name: f["name"], Email: f["email"], Picture: f["picture"], Attributes: kept,
	}}
	if f["username"] != "" {
		u.LoginIDs = []string{f["username"]}
	}
	made, err := p.id.SignUp(ctx, connection, u, r.RemoteAddr)
	if err != nil {
		return p.refuseSignUp(w, err)
	}
	answer := map[string]any{"_id": id, "email": made.Email, "email_verified": made.EmailVerified}
	for _, name := range []string{"username", "given_name", "family_name", "nickname", "name", "picture"} {
		if f[name] != "" {
			answer[name] = f[name]
		}
	}
	if len(more.Metadata) > 0 {
		answer["user_metadata"] = more.Metadata
	}
	if p.id.Mails() {
		if err := p.id.SendVerification(ctx, made.ID, ""); err != nil {
			p.internal(r, err) // the user is there, and can ask for another
		}
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// refuseSignUp says why somebody can't sign up, as far as it concerns them.
func (p *Provider) refuseSignUp(w http.ResponseWriter, err error) error {
	var field *rolecall.FieldError
	switch {
	case errors.Is(err, identity.ErrSSORequired):
		e := errSignUp
		e.Description = "Whoever has this address signs in at the organization's own provider"
		writeJSON(w, http.StatusBadRequest, e)
		return nil
	case errors.Is(err, identity.ErrTaken), errors.Is(err, identity.ErrNoSignUp):
		writeJSON(w, http.StatusBadRequest, errSignUp)
		return nil
	case errors.As(err, &field) && field.Field == "password":
		writeJSON(w, http.StatusBadRequest, databaseError{
			Name: "PasswordStrengthError", Code: "invalid_password", Message: "Password is too weak",
			Description: field.Error(), Policy: "* The password " + field.Rule, Status: http.StatusBadRequest,
		})
		return nil
	case errors.As(err, &field):
		e := errSignUp
		e.Description = field.Error()
		writeJSON(w, http.StatusBadRequest, e)
		return nil
	}
	return err
}

// changePassword serves POST /dbconnections/change_password: it mails a link,
// and says the same whether there is such a user or not.
func (p *Provider) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, _, err := readWhole(w, r)
	if err != nil {
		return err
	}
	if _, err := p.database(w, r, f); err != nil {
		return err
	}
	email, err := f.required("email")
	if err != nil {
		return err
	}
	if !p.id.Mails() {
		return refuse(http.StatusServiceUnavailable, "temporarily_unavailable", "This server sends no mail.")
	}
	if err := p.id.RequestReset(r.Context(), email, r.RemoteAddr, ""); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("We've just sent you an email to reset your password."))
	return nil
}

// database reads which connection a request is about, and whether the client may
// use it. The client need not prove itself: whoever signs up has nothing yet.
func (p *Provider) database(w http.ResponseWriter, r *http.Request, f form) (connection string, err error) {
	c, err := p.client(r.Context(), f["client_id"])
	if err != nil {
		return "", err
	}
	allowOrigin(w, r, c)
	if connection, err = f.required("connection"); err != nil {
		return "", err
	}
	return connection, p.realm(r.Context(), c, connection)
}
