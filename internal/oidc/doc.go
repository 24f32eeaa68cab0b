// Package oidc is the OpenID provider, and the Authentication API that Auth0's
// clients call: it signs people in on pages of its own, and turns sign-ins,
// passwords and client secrets into tokens.
//
// Who somebody is, the package identity says; what somebody holds, the core; and
// the package token signs. What is left is OAuth 2.0 (RFC 6749, RFC 7636,
// RFC 9207, RFC 9700), OpenID Connect Core 1.0, and the vendor's rules for what
// a token says, in scope.go and claims.go. docs/compat/auth0.md holds the choices
// that the vendor's documents leave open.
//
// # Adding a page
//
// A page is a step of an [state.Interaction]: what a browser does between /authorize,
// or a link in a mail, and the answer. To add one,
//
//  1. make the folder pages/NAME with a page.html, which defines "title" and
//     "main"; see pages/login. Every form in it posts to no address, so to the
//     page itself, and holds <input type="hidden" name="state" value="{{.State}}">;
//  2. write a file NAME.go with the functions that show it and that take its form;
//  3. add a line to the table in pages.go.
//
// A form that can be filled in wrongly gives its template a [filled], which the
// parts "trouble" and "wrong" of pages/_parts.html show: above the form, and at
// the field.
//
// A function gets a [visit]: the form, the interaction, and what to do next:
// v.show, v.to another page, v.begin a login, v.resume what the application asked
// for. State between pages goes into InteractionData.Values, saved by v.save. By then
// it has been checked that the interaction goes on, and is of this very browser.
// A page needs no script, and its policy allows none.
package oidc
