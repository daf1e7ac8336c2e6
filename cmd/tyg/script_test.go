package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestMain makes the test binary the program tyg, for scripts and for the tests that start it, and
// the companions beside it: a NATS server, and a program that stands for tyg-aws.
func TestMain(m *testing.M) {
	testscript.Main(cmdtest.Main{M: m}, map[string]func(){
		"tyg": main, "tyg-aws": echoAWS, "tyg-nats": serveNATS,
	})
}

func serveNATS() {
	signal.Ignore(os.Interrupt)
	if err := natsd.Serve(natsd.Config{}, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// echoAWS prints what tyg-aws was given. For "tyg logs" it waits for a signal, and it finds no
// credentials.
func echoAWS() {
	if err := companion.CheckVersion("tyg-aws"); err != nil {
		log.Fatal(err)
	}
	if os.Args[1] == awskeys.Verb {
		fmt.Println(`{"Missing":"no keys are here"}`)
		return
	}
	dir, _ := os.Getwd()
	fmt.Printf("args %q\ndir %s\nendpoint %s\n", os.Args[1:], filepath.Base(dir),
		os.Getenv("AWS_ENDPOINT_URL"))
	if os.Args[1] == "logs" {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		fmt.Println("waiting")
		fmt.Println(<-signals)
		os.Exit(9)
	}
	_, _ = io.Copy(os.Stdout, os.Stdin)
	fmt.Fprintln(os.Stderr, "on standard error")
	os.Exit(7)
}

func TestScripts(t *testing.T) {
	server := newServer(t)
	secure := newSecureServer(t)
	inspector := newInspector(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"until": until},
		Condition: func(cond string) (bool, error) {
			if name, ok := strings.CutPrefix(cond, "part:"); ok {
				return sampletest.InPart(t, name, 4), nil
			}
			if cond == "root" { // who may read all files
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("SERVER", server.URL)
			e.Setenv("SECURE", secure.URL)
			e.Setenv("INSPECTOR_PAGE", inspector)
			e.Setenv("INSPECTOR", inspector+"#"+inspectToken)
			e.Setenv("TOKEN", inspectToken)
			e.Setenv("TAKEN", server.Listener.Addr().String())
			e.Setenv("HOME", e.WorkDir)
			e.Vars = append(e.Vars, cmdtest.GoEnviron(t)...)
			return os.WriteFile(filepath.Join(e.WorkDir, "ca.pem"), certificate(secure), 0o666)
		},
	})
}

// until waits for a line of a file, which a program in the background writes.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until file pattern")
	}
	re := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		data, _ := os.ReadFile(ts.MkAbs(args[0])) // it may not be there yet
		if re.Match(data) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s lacks %q: %s", args[0], args[1], data)
		}
	}
}
