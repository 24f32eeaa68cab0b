module github.com/rolecall/rolecall/examples/saas

go 1.26.0

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/coreos/go-oidc/v3 v3.21.0
	github.com/rolecall/rolecall v0.0.0
	github.com/rolecall/rolecall/compat/browser v0.0.0
	golang.org/x/oauth2 v0.37.0
)

require (
	github.com/chromedp/cdproto v0.159.0 // indirect
	github.com/chromedp/chromedp v0.23.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
)

replace (
	github.com/rolecall/rolecall => ../..
	github.com/rolecall/rolecall/compat/browser => ../../compat/browser
)
