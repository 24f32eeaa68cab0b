package oidc

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A filled is what a template with a form gets: what was typed, but for
// passwords, and what is wrong with it.
type filled struct {
	Values map[string]string // by field
	Errors map[string]string // by field
	Error  string            // about the whole
	Ways   []ssoWay          // where to sign in instead
	Rules  string            // for a new password, if one is asked for
	Old    bool              // the old password is asked for, too
}

// typed returns the form as it was typed.
func (v *visit) typed(fields ...string) filled {
	f := filled{Values: map[string]string{}, Errors: map[string]string{}}
	for _, name := range fields {
		f.Values[name] = v.form[name]
	}
	return f
}

// Failed reports whether anything is wrong.
func (f filled) Failed() bool { return f.Error != "" || len(f.Errors) > 0 }

// showRules is show, for a form that asks for a new password.
func (v *visit) showRules(status int, f *filled, page any) error {
	rules, err := v.id.Rules(v.ctx())
	if err != nil {
		return err
	}
	f.Rules = rules.String()
	return v.show(status, page)
}

// fieldNames are what people call the fields.
var fieldNames = map[string]string{
	"password": "The password", "name": "The name",
}

// refused writes what is wrong into f, and returns the status of the answer. An
// error that is not the person's is returned.
func (v *visit) refused(f *filled, err error) (status int, _ error) {
	var retry *identity.RetryError
	var elsewhere *identity.SSORequired
	var field *rolecall.FieldError
	switch {
	case errors.As(err, &retry):
		v.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.After.Seconds()))))
		f.Error = "Too many attempts. Wait a little, then try again."
		return http.StatusTooManyRequests, nil
	case errors.Is(err, identity.ErrBadCredentials):
		f.Error = "Wrong email or password."
	case errors.Is(err, identity.ErrBlocked):
		f.Error = "Your account is blocked."
	case errors.As(err, &elsewhere):
		f.Error, f.Ways = "Your organization has you sign in at its own provider, without a password here.", v.waysTo(elsewhere.Ways)
	case errors.Is(err, identity.ErrTaken):
		f.Error = "We could not make an account from this. If you have one with this address already, sign in, or ask for a new password."
	case errors.Is(err, identity.ErrNoSignUp):
		f.Error = "New accounts can't be made here. Ask whoever runs this for an invitation."
	case errors.As(err, &field) && errors.Is(err, rolecall.ErrInvalid):
		if field.Field == "email" {
			f.Errors["email"] = "Enter a whole e-mail address, such as ada@example.com."
		} else if name := fieldNames[field.Field]; name != "" {
			f.Errors[field.Field] = name + " " + field.Rule + "."
		} else {
			f.Error = "The " + field.Field + " " + field.Rule + "."
		}
	default:
		return 0, err
	}
	return http.StatusBadRequest, nil
}
