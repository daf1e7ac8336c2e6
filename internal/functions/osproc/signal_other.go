//go:build !unix

package osproc

import "os/exec"

// A Signal is what can be sent to a Group.
type Signal int

// The signals. Terminate kills as Kill does; Freeze and Thaw do nothing.
const (
	Terminate Signal = iota
	Kill
	Freeze
	Thaw
)

// lead does nothing: there are no process groups.
func lead(*exec.Cmd) {}

// signalGroup kills the process only, not its descendants.
func signalGroup(cmd *exec.Cmd, s Signal) error {
	if s == Terminate || s == Kill {
		return cmd.Process.Kill()
	}
	return nil
}
