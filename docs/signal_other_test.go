//go:build !unix

package docs_test

import (
	"os/exec"
	"strconv"
)

// interruptible is false: this system cannot interrupt other programs, so the tests kill them.
const interruptible = false

func ownGroup(*exec.Cmd) {}

func interrupt(cmd *exec.Cmd) { kill(cmd) }

// kill ends cmd and all processes that it has started.
func kill(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
}
