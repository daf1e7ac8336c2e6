package project

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestCheckNameAcceptsValidNames(t *testing.T) {
	longest := strings.Repeat("a", maxName)
	for _, name := range []string{"a", "Z", "echo-server", "chat_server2", longest} {
		if err := CheckName(name); err != nil {
			t.Errorf("checkName(%q): %v", name, err)
		}
	}
}

func TestLongestNameFitsAWSLambda(t *testing.T) {
	if got := len(strings.Repeat("a", maxName) + "-dev-websocket_disconnect"); got != 64 {
		t.Errorf("the longest name of a function has %d characters, want 64", got)
	}
}

// A module that is called like a package of the standard library cannot be built.
func TestStandardNamesMatchThisGo(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := standardNames()
	for path := range strings.FieldsSeq(string(out)) {
		if name, _, _ := strings.Cut(path, "/"); !slices.Contains(known, name) {
			t.Errorf("standardNames lacks %q", name)
		}
	}
}

func FuzzFixName(f *testing.F) {
	for _, name := range []string{"", "a/b", "1st app", "..", "time", "con", "été", "-_-", "\xff"} {
		f.Add(name)
	}
	f.Add(strings.Repeat("long-", 20))
	f.Fuzz(func(t *testing.T, name string) {
		if err := CheckName(fixName(name)); err != nil {
			t.Errorf("proposal for %q: %v", name, err)
		}
	})
}
