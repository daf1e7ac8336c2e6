//go:build !unix

package functions

import "os/exec"

// A signal is what can be told to a process.
type signal int

const (
	terminate signal = iota
	kill
	freeze
	thaw
)

func attach(*exec.Cmd) {}

// signalGroup knows of no groups, and of no gentle way to end.
func signalGroup(cmd *exec.Cmd, s signal) error {
	if s == terminate || s == kill {
		return cmd.Process.Kill()
	}
	return nil
}
