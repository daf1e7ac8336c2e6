package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
)

// TestMain makes the test binary the program tyg of scripts: users run these verbs through tyg.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tyg": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Vars = append(e.Vars, cmdtest.GoEnviron(t)...)
			return nil
		},
	})
}
