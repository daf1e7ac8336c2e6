package functions_test

import (
	"os"
	"os/exec"
	"syscall"
)

// alive reports whether there is such a process, or a zombie.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// grandchild starts a process that outlives its parent unless it is killed, and returns its id.
func grandchild() int {
	cmd := exec.Command("sleep", "1000")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		os.Exit(9)
	}
	return cmd.Process.Pid
}
