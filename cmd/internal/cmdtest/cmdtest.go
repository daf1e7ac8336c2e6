// Package cmdtest helps the tests of the programs in cmd.
package cmdtest

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// GoEnviron returns what the go command needs to build offline, whatever the user has set. Programs
// have no symbols: to link them takes half as long. They do not have the names of directories
// either, so the go command finds in its cache what a test compiled in another directory.
func GoEnviron(t *testing.T) []string {
	t.Helper()
	list, err := goEnviron()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// goEnviron asks the go command once: nothing changes its answer while the tests run.
var goEnviron = sync.OnceValues(func() ([]string, error) {
	names := []string{"GOCACHE", "GOMODCACHE"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	values := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(values) != len(names) {
		return nil, fmt.Errorf("go env %v printed %q: %w", names, out, err)
	}
	list := []string{"GOFLAGS=-trimpath -ldflags=-s", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off"}
	for i, name := range names {
		list = append(list, name+"="+strings.TrimSpace(values[i]))
	}
	return list, nil
})

// SetGoEnviron sets the variables of [GoEnviron] for the test.
func SetGoEnviron(t *testing.T) {
	t.Helper()
	for _, entry := range GoEnviron(t) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

// A Main is the tests of a package, for testscript.Main. They have the variables of [GoEnviron] and
// a go command that keeps linked programs, and may run in parallel, which they may not after
// [SetGoEnviron].
type Main struct{ *testing.M }

// Run runs the tests and returns the exit status.
func (m Main) Run() int {
	list, err := goEnviron()
	if err != nil {
		log.Print(err)
		return 1
	}
	dir, err := os.MkdirTemp("", "tyg-cmdtest-*")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := testprogram.Keep(dir); err != nil {
		log.Print(err)
		return 1
	}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		os.Setenv(name, value)
	}
	paralleltest.AtOnce(4) // many wait for a process, or for nothing to happen
	return m.M.Run()
}
