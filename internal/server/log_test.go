package server

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// lines writes what comes, and tells of it.
type written chan string

func (w written) Write(text []byte) (int, error) {
	w <- string(text)
	return len(text), nil
}

func TestTheAccessLogIsWrittenTogetherAndInOrder(t *testing.T) {
	var out bytes.Buffer
	logs, err := (&Config{LogLevel: "info", LogFormat: "text"}).Logs(&out)
	if err != nil {
		t.Fatal(err)
	}
	logs.out.within = time.Hour // however slow the machine is
	logs.Access.Info("request", "n", 1)
	logs.Access.Info("request", "n", 2)
	if out.Len() > 0 {
		t.Errorf("a line of the access log is written at once: %s", &out)
	}
	logs.Log.Info("something happened")
	logs.Access.Info("request", "n", 3)
	logs.Access.Debug("too much")
	if err := logs.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), "msg=")
		got = append(got, text)
	}
	want := `request n=1|request n=2|"something happened"|request n=3`
	if strings.Join(got, "|") != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
}

func TestTheAccessLogIsWrittenWhenItIsLongAndBeforeLong(t *testing.T) {
	w := make(written, 1)
	g := &gatherer{to: w, within: time.Hour}
	long := bytes.Repeat([]byte("x"), accessBytes/2)
	g.Write(long)
	g.Write(long) // does not wait for the hour
	if got := <-w; len(got) != accessBytes {
		t.Errorf("%d bytes are written, want %d", len(got), accessBytes)
	}
	g = &gatherer{to: w, within: time.Millisecond}
	for _, line := range []string{"first\n", "second\n"} {
		g.Write([]byte(line))
		if got := <-w; got != line {
			t.Errorf("%q is written, want %q", got, line)
		}
	}
}
