package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// systemd takes the unit as it is, and with the lines that its comments say to add,
// without a word.
func TestTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT TESTED: %v", err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, "deploy/rolecall.service")
	const installed = "ExecStart=/usr/local/bin/rolecall serve\n"
	if strings.Count(text, installed) != 1 {
		t.Fatalf("the unit lacks %q", installed)
	}
	text = strings.Replace(text, installed, "ExecStart="+program+" serve\n", 1)
	sealed := strings.NewReplacer("\n#LoadCredential=", "\nLoadCredential=", "\n#Environment=", "\nEnvironment=").Replace(text)
	if strings.Count(text, "\n#")-strings.Count(sealed, "\n#") != 2 {
		t.Error("the unit has not two lines to take the # away from")
	}
	for name, unit := range map[string]string{"as it is": text, "with a secret": sealed} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "rolecall.service")
			if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || strings.Contains(string(out), "rolecall.service") {
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
		})
	}
}
