//go:build unix

package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/creack/pty"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// answer runs a command at a terminal with typed answers.
func (a *account) answer(typed string, args ...string) outcome {
	a.t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		a.t.Fatal(err)
	}
	defer keyboard.Close()
	defer tty.Close()
	if _, err := keyboard.WriteString(typed); err != nil {
		a.t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	e := &cli.Env{Stdin: tty, Stdout: &stdout, Stderr: &stderr, Getenv: os.Getenv}
	status := cli.Run(a.t.Context(), newRoot(e, built.toolchain()), args, e)
	return outcome{status, stdout.String(), stderr.String()}
}

// On a terminal delete asks for confirmation, and again for each table.
func TestDeleteAsksOnATerminal(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "tables": {"rooms": {"partition_key": {"name": "PK"}}},`)
	a.must("deploy")
	there := len(a.Resources())
	const first = "Delete echo-server, stage dev, from account 123456789012, region us-west-2? [y/N] "
	const second = "Delete table echo-server-dev-rooms and its data? [y/N] "
	for _, test := range []struct {
		typed, stderr string
		args          []string
	}{
		{"n\n", first + "tyg: nothing was deleted\n", []string{"delete"}},
		{"\n", first + "tyg: nothing was deleted\n", []string{"delete"}},
		{"yes\nno\n", first + second + "tyg: nothing was deleted\n", []string{"delete", "--tables"}},
	} {
		o := a.answer(test.typed, test.args...)
		if o.status != cli.ExitFailure || o.stderr != test.stderr {
			t.Errorf("to %q: status %d, stderr %q, want %q", test.typed, o.status, o.stderr, test.stderr)
		}
	}
	if got := len(a.Resources()); got != there {
		t.Errorf("%d resources are left of %d", got, there)
	}
	if o := a.answer("y\nY\n", "delete", "--tables"); o.status != cli.ExitOK ||
		o.stderr != first+second {
		t.Errorf("status %d, stderr %q", o.status, o.stderr)
	}
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}
