package freeport

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain lets this program be another one that finds ports.
func TestMain(m *testing.M) {
	if os.Getenv("ROLECALL_TEST_PORTS") != "" {
		for range 50 {
			fmt.Println(Addr())
		}
		os.Stdin.Read(make([]byte, 1)) // until the other has found its own
		return
	}
	os.Exit(m.Run())
}

func TestAPortIsFoundOnceAndByOneProgram(t *testing.T) {
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "ROLECALL_TEST_PORTS=1")
	ends, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var theirs strings.Builder
	other.Stdout = &theirs
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for range 50 {
		addr, err := Addr()
		if err != nil || found[addr] {
			t.Fatalf("%s, %v: found before: %v", addr, err, found[addr])
		}
		found[addr] = true
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatalf("it can't be listened on: %v", err)
		}
		l.Close()
	}
	ends.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(theirs.String()) {
		n++
		addr, _, _ := strings.Cut(line, " ")
		if found[addr] && reserves() {
			t.Errorf("%s was found by two programs", addr)
		}
	}
	if n != 50 {
		t.Errorf("the other found %d: %s", n, &theirs)
	}
}

func TestTheSystemDoesNotChooseThePort(t *testing.T) {
	for range 50 {
		if port, err := Find(); err != nil || port < lowest || port >= highest() {
			t.Errorf("Find = %d, %v, want one from %d and below %d", port, err, lowest, highest())
		}
	}
}
