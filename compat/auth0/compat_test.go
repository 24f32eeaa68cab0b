// Package auth0_test runs the vendor's own SDKs against a server of ours: each
// folder here holds a program on one SDK, at a pinned version. They insist on
// https, so the server has a certificate authority of its own.
package auth0_test

import (
	"testing"

	"github.com/rolecall/rolecall/compat/sdktest"
)

const (
	npm  = "npm ci --no-audit --no-fund"
	venv = "python3 -m venv venv"
	pip  = "venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt"
)

var sdks = []sdktest.SDK{
	{Name: "go", Folder: "go", Needs: []string{"go"}, Prepare: []string{"go mod download", "go vet .", "go build -o checks ."}, Check: "./checks"},
	{Name: "go-v2", Folder: "go", Needs: []string{"go"}, Prepare: []string{"go mod download", "go vet ./v2", "go build -o checks ./v2"}, Check: "./checks"},
	{Name: "node", Folder: "node", Needs: []string{"node", "npm"}, Prepare: []string{npm}, Check: "node main.mjs 6"},
	{Name: "node-v7", Folder: "node", Needs: []string{"node", "npm"}, Prepare: []string{npm}, Check: "node main.mjs 7"},
	{Name: "express", Folder: "node", Needs: []string{"node", "npm"}, Prepare: []string{npm}, Check: "node express.mjs"},
	{Name: "python", Folder: "python", Needs: []string{"python3"}, Prepare: []string{venv, pip}, Check: "venv/bin/python main.py"},
	{Name: "flask", Folder: "flask", Needs: []string{"python3"}, Prepare: []string{venv, pip}, Check: "venv/bin/python main.py"},
}

func TestTheSDKsWorkUnchanged(t *testing.T) { sdktest.Run(t, sdks, "--tls") }
