//go:build !unix

package docs_test

import (
	"os/exec"
	"strconv"
)

// interruptible says that there is no Ctrl-C for other programs: here they are killed.
const interruptible = false

func ownGroup(*exec.Cmd) {}

func interrupt(cmd *exec.Cmd) { kill(cmd) }

// kill ends cmd and all that it has started.
func kill(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
}
