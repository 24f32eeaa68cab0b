// Package descope_test runs the vendor's own SDKs against a server of ours: each
// folder here holds a program on one SDK, at a pinned version.
package descope_test

import (
	"testing"

	"github.com/rolecall/rolecall/compat/sdktest"
)

var sdks = []sdktest.SDK{
	{Folder: "go", Needs: []string{"go"}, Prepare: []string{"go mod download", "go vet .", "go build -o checks ."}, Check: "./checks"},
	{Folder: "node", Needs: []string{"node", "npm"}, Prepare: []string{"npm ci --no-audit --no-fund"}, Check: "node main.mjs"},
	{Folder: "python", Needs: []string{"python3"}, Prepare: []string{
		"python3 -m venv venv",
		"venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt",
	}, Check: "venv/bin/python main.py"},
	{Folder: "java", Needs: []string{"java", "mvn"}, Prepare: []string{
		"mvn --quiet --batch-mode --no-transfer-progress compiler:compile dependency:copy-dependencies",
	}, Check: "java -XX:TieredStopAtLevel=1 -cp target/classes:target/dependency/* compat.Main"},
}

func TestTheSDKsWorkUnchanged(t *testing.T) { sdktest.Run(t, sdks) }
