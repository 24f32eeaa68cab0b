package oidc

import "net/http"

// discovery serves OpenID Connect Discovery 1.0 and, since it is the same, RFC
// 8414. It lists nothing that is not served. The signature algorithms are those
// of access tokens too: a library reads them so.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         p.issuer,
		"authorization_endpoint":                         p.issuer + "authorize",
		"token_endpoint":                                 p.issuer + "oauth/token",
		"userinfo_endpoint":                              p.issuer + "userinfo",
		"jwks_uri":                                       p.issuer + ".well-known/jwks.json",
		"revocation_endpoint":                            p.issuer + "oauth/revoke",
		"end_session_endpoint":                           p.issuer + "oidc/logout",
		"scopes_supported":                               []string{"openid", "profile", "email", "phone", "offline_access"},
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query", "fragment", "form_post"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token", "client_credentials", "password", "http://auth0.com/oauth/grant-type/password-realm"},
		"code_challenge_methods_supported":               []string{"S256"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256", "ES256", "EdDSA"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post", "none"},
		"revocation_endpoint_auth_methods_supported":     []string{"client_secret_basic", "client_secret_post", "none"},
		"claims_supported":                               []string{"aud", "auth_time", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "nickname", "nonce", "org_id", "org_name", "phone_number", "phone_number_verified", "picture", "sid", "sub", "updated_at"},
		"prompt_values_supported":                        []string{"none", "login", "consent"},
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
	})
	return nil
}
