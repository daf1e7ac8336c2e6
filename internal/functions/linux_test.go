package functions_test

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
)

// TestProcessesLeaveNoDescriptors counts the descriptors of this program while processes come and
// go.
func TestProcessesLeaveNoDescriptors(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	cycle := func() {
		if _, _, err := do(t, h, order{Exit: 1}); err == nil {
			t.Error("the process did not exit")
		}
		mustDo(t, h, order{})
	}
	cycle()
	before := open()
	for range 10 {
		cycle()
	}
	waitFor(t, "all descriptors are closed", func() bool { return open() <= before })
}

// TestProcessesDieWithHostProgram kills a program with a Host, which then cannot end its processes.
func TestProcessesDieWithHostProgram(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"=host")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || !alive(pid) {
		t.Fatalf("the process is %q, %v", line, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	waitFor(t, "the process is dead", func() bool { return !alive(pid) || state(t, pid) == "Z" })
}
