module github.com/rolecall/rolecall/compat/descope/go

go 1.26.0

require github.com/descope/go-sdk v1.28.0
