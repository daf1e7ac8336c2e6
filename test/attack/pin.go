package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// On one machine an attacker takes the processor from the server and from the healthy client, and
// what is measured is the scheduler of the system. So the server has a core of its own. The
// others share another one, where the healthy client goes before all and the attackers after all.
const (
	serverCore = 0
	clientCore = 1
)

// canPin reports whether processes can be told where to run, and in which order.
func canPin() bool {
	for _, program := range []string{"taskset", "chrt", "nice"} {
		if _, err := exec.LookPath(program); err != nil {
			return false
		}
	}
	return runtime.NumCPU() >= 2 && os.Geteuid() == 0
}

// urgent, fast and slow are the beginnings of commands that go before all others, before most,
// and after them. The server is not urgent: the kernel stops those for a moment in each second.
func urgent() []string { return []string{"chrt", "--fifo", "1"} }

func fast() []string { return []string{"nice", "-n", "-20"} }

func slow() []string { return []string{"nice", "-n", "19"} }

// pinnedTo returns the beginning of a command that runs on a core, after order; nothing without
// pin.
func pinnedTo(pin bool, core int, order []string) []string {
	if !pin {
		return nil
	}
	return append([]string{"taskset", "-c", strconv.Itoa(core)}, order...)
}

// self returns the command that runs this program again, with prefix before it and variables.
func self(prefix []string, variables ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv := append(prefix, program)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}
