//go:build !tyg.lambda

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A socketLine is what Linux says of a socket of the internet in /proc/PID/net.
type socketLine struct {
	file        string
	local, peer string // addresses and ports in hexadecimal
	listens     bool
}

// socketsOf returns the sockets of a process, but for those between processes of one machine.
func socketsOf(t *testing.T, pid int) (list []socketLine) {
	t.Helper()
	own := make(map[string]bool) // inodes
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Fatalf("the process has no files: %v", err)
	}
	for _, link := range links {
		to, err := os.Readlink(link)
		if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	for _, file := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, file))
		if err != nil {
			continue // a kernel without it
		}
		for _, line := range strings.Split(string(data), "\n")[1:] {
			if f := strings.Fields(line); len(f) > 9 && own[f[9]] {
				list = append(list, socketLine{file, f[1], f[2], f[3] == "0A"})
			}
		}
	}
	return list
}

// TestOneProcessOpensOnePort uses an application that has no cluster: it listens on its own port
// only, and connects to nothing, so it runs where nothing else is reached.
func TestOneProcessOpensOnePort(t *testing.T) {
	p := run(t, "main")
	p.start(t)
	url := p.url(t)
	port, err := strconv.Atoi(regexp.MustCompile(`:(\d+)/`).FindStringSubmatch(url)[1])
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c := dial(t, url, nil)
		wantEcho(t, c)
		if _, err := count(t.Context(), c, 1); err != nil { // a value
			t.Fatal(err)
		}
	}
	listening := 0
	for _, s := range socketsOf(t, p.Process.Pid) {
		if s.listens {
			listening++
		}
		if !strings.HasPrefix(s.file, "tcp") || !strings.HasSuffix(s.local, fmt.Sprintf(":%04X", port)) {
			t.Errorf("the process has a socket of %s from %s to %s", s.file, s.local, s.peer)
		}
	}
	if listening != 1 {
		t.Errorf("the process listens on %d ports", listening)
	}
}
