package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program tyg, for scripts and for the tests that start it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tyg": main})
}

func TestScripts(t *testing.T) {
	server := newServer(t)
	secure := newSecureServer(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("SERVER", server.URL)
			e.Setenv("SECURE", secure.URL)
			e.Setenv("TAKEN", server.Listener.Addr().String())
			e.Setenv("HOME", e.WorkDir)
			e.Vars = append(e.Vars, goEnvironment(t)...)
			return os.WriteFile(filepath.Join(e.WorkDir, "ca.pem"), certificate(secure), 0o666)
		},
	})
}

// goEnvironment is what the go command needs to build offline, whatever the user has set.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	list := []string{"GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off"}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		list = append(list, name+"="+goEnv(t, name))
	}
	return list
}
