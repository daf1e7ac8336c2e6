//go:build !unix

package companion

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// Exec runs the program with the arguments, and everything else as it is, and returns its exit
// status. An interrupt from the console reaches both processes; this one waits for the program.
func (p Program) Exec(args []string) (status int, err error) {
	signal.Ignore(os.Interrupt)
	cmd := exec.Command(p.Path, args...)
	cmd.Env = p.Environ()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", p.Path, err)
	}
	return 0, nil
}
