// Package selftest runs a test in a process of its own, for tests that count what a process does or
// limit its resources.
package selftest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Start runs the calling test again in another process, in which an environment variable is 1. It
// returns the first line that the process prints, and its id. At the end of the test the standard
// input of the process ends, and the process must then end too.
func Start(t *testing.T, variable string) (line string, pid int) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	child := exec.Command(os.Args[0], "-test.run=^"+name+"$")
	child.Env = append(os.Environ(), variable+"=1")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), child.Wait() })
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), child.Process.Pid
}
