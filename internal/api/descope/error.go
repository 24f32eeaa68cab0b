package descope

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A reason is why a call is refused, as this API numbers it. Codes that the
// SDKs name are theirs; the others are ours.
type reason struct {
	status      int
	code        string
	description string
}

// What SDKs name: E011001 to E011004, E024214, E062107, E062909, E064001,
// E112102 and E130429. A name that does not exist is 400, an id that does not is 404.
var (
	badRequest      = reason{400, "E011001", "Request is malformed"}
	missingArgument = reason{400, "E011002", "Request is missing required arguments"}
	invalidRequest  = reason{400, "E011003", "Request is invalid"}
	invalidArgument = reason{400, "E011004", "Arguments are invalid"}

	unauthorized = reason{401, "E011401", "Unauthorized"}
	forbidden    = reason{403, "E011403", "Forbidden"}
	noRoute      = reason{404, "E011404", "No such endpoint"}
	wrongMethod  = reason{405, "E011405", "Method is not allowed"}
	conflicting  = reason{400, "E011409", "It exists already"}
	tooLarge     = reason{413, "E011413", "Request is too large"}
	rateLimited  = reason{429, "E130429", "Rate limit exceeded"}
	internal     = reason{500, "E011500", "Internal error"}
	unavailable  = reason{503, "E011503", "Unavailable, try again"}

	notFound         = reason{404, "E024001", "Not found"}
	lastOwner        = reason{400, "E024002", "Nobody would be left in charge"}
	noPermission     = reason{400, "E024101", "Permission not found"}
	permissionExists = reason{400, "E024102", "Permission already exists"}
	noRole           = reason{400, "E024201", "Role not found"}
	roleExists       = reason{400, "E024202", "Role already exists"}
	protectedRole    = reason{400, "E024214", "Role could not be saved"}
	noTenant         = reason{404, "E024301", "Tenant not found"}
	tenantExists     = reason{400, "E024302", "Tenant already exists"}
	notMember        = reason{400, "E024303", "User is not in the tenant"}
	noAccessKey      = reason{404, "E024401", "Access key not found"}
	noSSO            = reason{404, "E024501", "SSO configuration not found"}

	userExists      = reason{400, "E062107", "User already exists"}
	noUser          = reason{404, "E112102", "User not found"}
	passwordExpired = reason{401, "E062909", "Password expired"}
	loggedOut       = reason{401, "E064001", "Token rejected because logged out"}
)

// byID is r for something that was asked for by its id.
func (r reason) byID() reason {
	r.status = http.StatusNotFound
	return r
}

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
func (e *refusal) Unwrap() error { return rolecall.ErrInvalid }

// kinds says what the errors of the core and of identity are here. The first
// that matches counts.
var kinds = []struct {
	kind error
	reason
	message string // instead of the error's own, if that is not for callers
}{
	{identity.ErrBlocked, forbidden, ""},
	{identity.ErrSSORequired, forbidden, ""},
	{identity.ErrPasswordExpired, passwordExpired, "the password has to be replaced"},
	{identity.ErrLoginEnded, loggedOut, "the session has ended: sign in again"},
	{identity.ErrBadCredentials, unauthorized, "the credentials are not valid"},
	{token.ErrInvalidToken, unauthorized, "the token is not valid"},
	{identity.ErrTooManyAttempts, rateLimited, ""},
	{rolecall.ErrInvalid, invalidRequest, ""},
	{rolecall.ErrNotFound, notFound, ""},
	{rolecall.ErrConflict, conflicting, ""},
	{rolecall.ErrReferenced, conflicting, ""},
	{rolecall.ErrLockOut, lastOwner, ""},
	{rolecall.ErrForbidden, forbidden, ""},
	{rolecall.ErrEscalation, forbidden, ""},
	{rolecall.ErrUnavailable, unavailable, "try again"},
	{rolecall.ErrStale, unavailable, "try again"},
	{rolecall.ErrClosed, unavailable, "the server is stopping"},
	{api.ErrNoRoute, noRoute, ""},
	{api.ErrMethod, wrongMethod, ""},
	{api.ErrTooLarge, tooLarge, ""},
	{context.Canceled, unavailable, "the request ended before its answer"},
	{context.DeadlineExceeded, unavailable, "it took too long"},
}

// describe returns why err refuses a call. It is internal if err is of no kind.
func describe(err error) *refusal {
	if ops := rolecall.OpErrors(err); len(ops) > 0 { // of a batch, the first that failed
		first := describe(ops[0].Err)
		return &refusal{first.reason, fmt.Sprintf("item %d: %s", ops[0].Index, first.message)}
	}
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	var field *rolecall.FieldError
	if errors.As(err, &field) {
		switch {
		case field.Kind == rolecall.ErrInvalid && field.Field == "body":
			return &refusal{badRequest, field.Error()}
		case field.Kind == rolecall.ErrForbidden && (field.Field == "role" || field.Field == "grant"):
			return &refusal{protectedRole, field.Error()}
		}
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			if k.message == "" {
				k.message = err.Error()
			}
			return &refusal{k.reason, k.message}
		}
	}
	return &refusal{internal, "internal error"}
}

// An errorBody is an error as every SDK reads it.
type errorBody struct {
	Code        string `json:"errorCode"`
	Description string `json:"errorDescription"`
	Message     string `json:"errorMessage"`
}

// refuse answers with err. It logs an error that is internal.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := describe(err)
	if e.reason == internal {
		h.log.ErrorContext(r.Context(), "internal error",
			"request_id", api.WithRequestID(w, r), "method", r.Method, "path", r.URL.Path, "error", err)
	}
	header := w.Header()
	if retry := (*identity.RetryError)(nil); errors.As(err, &retry) {
		header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(retry.After.Seconds())))))
	}
	header.Set("Cache-Control", "no-store")
	api.WriteJSON(w, e.status, errorBody{e.code, e.description, e.message})
}

// required refuses an argument that is empty.
func required(name, value string) error {
	if value == "" {
		return missingArgument.because("%s is required", name)
	}
	return nil
}

// isReason reports whether err refuses a call for r.
func isReason(err error, r reason) bool {
	var e *refusal
	return errors.As(err, &e) && e.reason == r
}
