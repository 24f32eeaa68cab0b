// Package flask_test runs an app that is guarded as apps on Flask-Perm are, by
// perm.py on a server of ours, after the move of its permissions there.
package flask_test

import (
	"testing"

	"github.com/rolecall/rolecall/compat/sdktest"
)

func TestAnAppOnFlaskPermMovesHere(t *testing.T) {
	sdktest.Run(t, []sdktest.SDK{{Name: "flask", Folder: ".", Needs: []string{"python3"}, Prepare: []string{
		"python3 -m venv venv",
		"venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt",
	}, Check: "venv/bin/python main.py"}})
}
