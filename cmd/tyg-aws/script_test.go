package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestMain makes the test binary the program tyg of scripts: users run these verbs through tyg.
func TestMain(m *testing.M) {
	testscript.Main(suite{cmdtest.Main{M: m}}, map[string]func(){"tyg": main})
}

// A suite has a directory for built.
type suite struct{ cmdtest.Main }

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "tyg-aws-test-*")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	built.dir = dir
	return s.Main.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) {
			if name, ok := strings.CutPrefix(cond, "part:"); ok {
				return sampletest.InPart(t, name, 4), nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Vars = append(e.Vars, cmdtest.GoEnviron(t)...)
			return nil
		},
	})
}
