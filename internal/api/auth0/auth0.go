// Package auth0 speaks Auth0's Management API v2, so that a program written
// against Auth0's SDKs runs against Rolecall by its domain and credentials alone.
//
// It translates and decides nothing. A token is one that this server issued for
// the API; what its holder may do is what it may administer, when it calls.
// docs/compat/auth0.md maps calls and concepts, and says where it differs.
package auth0
