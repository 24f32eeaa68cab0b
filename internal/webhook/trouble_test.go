package webhook

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
)

func TestWhatIsWrongIsLoggedWhenItChanges(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	trouble := trouble{wrong: "it fails", right: "it works again"}
	away, full := errors.New("away"), errors.New("full")
	for _, err := range []error{nil, away, away, away, full, full, nil, nil, away, nil} {
		trouble.note(log, err, "webhook", "hook_1")
	}
	want := `level=WARN msg="it fails" webhook=hook_1 error=away
level=WARN msg="it fails" webhook=hook_1 error=full
level=INFO msg="it works again" webhook=hook_1
level=WARN msg="it fails" webhook=hook_1 error=away
level=INFO msg="it works again" webhook=hook_1
`
	if text.String() != want {
		t.Errorf("logged\n%swant\n%s", text.String(), want)
	}
}
