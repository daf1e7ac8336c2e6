// Package cmdtest helps the tests of the programs in cmd.
package cmdtest

import (
	"os/exec"
	"strings"
	"testing"
)

// GoEnviron returns what the go command needs to build offline, whatever the user has set. Programs
// have no symbols: to link them takes half as long.
func GoEnviron(t *testing.T) []string {
	t.Helper()
	list := []string{"GOFLAGS=-ldflags=-s", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off"}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatalf("go env %s: %v", name, err)
		}
		list = append(list, name+"="+strings.TrimSpace(string(out)))
	}
	return list
}

// SetGoEnviron sets the variables of [GoEnviron] for the test.
func SetGoEnviron(t *testing.T) {
	t.Helper()
	for _, entry := range GoEnviron(t) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}
