package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A reason is why a call is refused: a status, and a code where Auth0 has one.
type reason struct {
	status int
	code   string
}

var (
	invalidBody  = reason{400, "invalid_body"}
	invalidQuery = reason{400, "invalid_query_string"}
	invalidURI   = reason{400, "invalid_uri"}
	badBearer    = reason{400, "Bearer"}
	weakPassword = reason{400, "invalid_password"}
	unauthorized = reason{401, ""}
	noScope      = reason{403, "insufficient_scope"}
	forbidden    = reason{403, "insufficient_permissions"} // in the policy, whatever the token says
	escalation   = reason{403, "escalation"}
	noRoute      = reason{404, ""}
	notFound     = reason{404, ""}
	conflicting  = reason{409, ""}
	userExists   = reason{409, "auth0_idp_error"}
	lastOwner    = reason{409, "last_owner"}
	tooLarge     = reason{413, ""}
	internal     = reason{500, "internal_error"}
	unavailable  = reason{503, "service_unavailable"}

	noUser       = reason{404, "inexistent_user"}
	noInvitation = reason{404, "inexistent_invitation"}
	noConnection = reason{404, "inexistent_connection"}
)

func (r reason) phrase() string { return http.StatusText(r.status) }

const maxMessage = 500 // runes: what came from outside may be long

// because returns r as an error.
func (r reason) because(format string, args ...any) error {
	message := []rune(fmt.Sprintf(format, args...))
	if len(message) > maxMessage {
		message = append(message[:maxMessage], '…')
	}
	return &refusal{r, string(message)}
}

// A refusal is a call that is refused for a reason.
type refusal struct {
	reason
	message string
}

func (e *refusal) Error() string { return e.message }

// Unwrap says to the core that the caller is at fault, so that a write tells
// which of its operations failed.
func (e *refusal) Unwrap() error {
	if e.status == http.StatusNotFound {
		return rolecall.ErrNotFound
	}
	return rolecall.ErrInvalid
}

// required refuses a body without a member.
func required(name string) error {
	return invalidBody.because("Payload validation error: 'Missing required property: %s'.", name)
}

// kinds says what the errors of the core and of identity are here. The first
// that matches counts.
var kinds = []struct {
	kind error
	reason
	message string // instead of the error's own, if that is not for callers
}{
	{token.ErrInvalidToken, unauthorized, "Invalid token"},
	{identity.ErrBlocked, forbidden, "the user is blocked"},
	{identity.ErrSSORequired, conflicting, ""},
	{rolecall.ErrInvalid, invalidBody, ""},
	{rolecall.ErrNotFound, notFound, ""},
	{rolecall.ErrConflict, conflicting, ""},
	{rolecall.ErrReferenced, conflicting, ""},
	{rolecall.ErrLockOut, lastOwner, ""},
	{rolecall.ErrForbidden, forbidden, ""},
	{rolecall.ErrEscalation, escalation, ""},
	{identity.ErrBadCredentials, unauthorized, "Invalid token"},
	{api.ErrTooLarge, tooLarge, ""},
	{rolecall.ErrUnavailable, unavailable, "try again"},
	{rolecall.ErrStale, unavailable, "try again"},
	{rolecall.ErrClosed, unavailable, "the server is stopping"},
	{context.Canceled, unavailable, "the request ended before its answer"},
	{context.DeadlineExceeded, unavailable, "it took too long"},
}

// fields are what the core calls the fields that this API has other names for.
var fields = strings.NewReplacer(
	"oauth.type", "app_type", "oauth.auth", "token_endpoint_auth_method", "oauth.grant_types", "grant_types",
	"oauth.redirect_uris", "callbacks", "oauth.logout_uris", "allowed_logout_urls",
	"oauth.web_origins", "web_origins", "oauth.cors_origins", "allowed_origins", "oauth.login_uri", "initiate_login_uri",
	"oauth.tenants", "organization_usage", "oauth.id_token_lifetime", "jwt_configuration.lifetime_in_seconds",
	"oauth.refresh_leeway", "refresh_token.leeway", "oauth.refresh_lifetime", "refresh_token.token_lifetime",
	"oauth.refresh_idle", "refresh_token.idle_token_lifetime",
	"tokens.lifetime", "token_lifetime", "tokens.web_lifetime", "token_lifetime_for_web", "tokens.algorithm", "signing_alg",
	"tokens.users", "subject_type_authorization.user.policy", "tokens.clients", "subject_type_authorization.client.policy",
	"expires_at", "ttl_sec",
)

// describe returns why err refuses a call. It is internal if err is of no kind.
func describe(err error) *refusal {
	if ops := rolecall.OpErrors(err); len(ops) > 0 { // of several, the first that failed
		err = ops[0].Err
	}
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			if k.message == "" {
				k.message = err.Error()
			}
			var field *rolecall.FieldError
			if errors.As(err, &field) {
				k.message = fields.Replace(field.Field) + " " + field.Rule
			}
			return &refusal{k.reason, k.message}
		}
	}
	return &refusal{internal, "internal error"}
}

// An errorBody is an error as the SDKs read it.
type errorBody struct {
	Status  int    `json:"statusCode"`
	Error   string `json:"error"` // the status in words
	Message string `json:"message"`
	Code    string `json:"errorCode,omitempty"`
}

// refuse answers with err. It logs an error that is internal.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := describe(err)
	if e.reason == internal {
		h.log.ErrorContext(r.Context(), "internal error",
			"request_id", api.WithRequestID(w, r), "method", r.Method, "path", r.URL.Path, "error", err)
	}
	switch e.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="rolecall"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	reply{e.status, errorBody{e.status, e.phrase(), e.message, e.code}}.write(w)
}
