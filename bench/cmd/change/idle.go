package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A command is a verb of tyg that serves until it is ended.
type command struct {
	name, dir string
	args      []string
}

// local is "tyg local" of examples/echo.
func local(root, temp string) command {
	return command{
		"`tyg local` without clients", filepath.Join(root, "examples", "echo"),
		[]string{filepath.Join(temp, "tyg"), "local"},
	}
}

// gateway is "tyg gateway" with one function, the program.
func gateway(temp, program string) command {
	dir := filepath.Join(temp, "gateway")
	config := fmt.Sprintf(`{
	"lambda_functions": {"echo": {"command": [%q]}},
	"routes": {"$default": {"function": "echo"}},
	"admin": {"addr": "127.0.0.1:0"}
}`, program)
	_ = os.MkdirAll(filepath.Join(dir, ".tyg"), 0o777) // else writing fails, and then tyg
	_ = os.WriteFile(filepath.Join(dir, ".tyg", "config.json"), []byte(config), 0o666)
	return command{
		"`tyg gateway` without clients", dir, []string{filepath.Join(temp, "tyg"), "gateway"},
	}
}

// measure starts the command and measures the memory of its processes after a while.
func (c command) measure(idle time.Duration) (row, error) {
	addr, err := freeAddr()
	if err != nil {
		return row{}, err
	}
	cmd := exec.Command(c.args[0], append(c.args[1:], "--addr", addr)...)
	cmd.Dir, cmd.Stderr = c.dir, os.Stderr
	if err := cmd.Start(); err != nil {
		return row{}, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // tyg ends what it has started
		_ = cmd.Wait()
	}()
	if err := listening(addr); err != nil {
		return row{}, err
	}
	awaitFunction(cmd.Process.Pid)
	time.Sleep(idle)
	r := row{what: c.name}
	total := 0
	for _, p := range family(cmd.Process.Pid) {
		own, files := memory(p)
		total += own
		r.parts = append(r.parts, fmt.Sprintf("%s %s of its own, and %s of its program file",
			name(p), megabytes(own), megabytes(files)))
	}
	r.figure = megabytes(total)
	return r, nil
}

// awaitFunction returns when the process has started a function, which may have to be built first.
func awaitFunction(pid int) {
	for range 600 {
		time.Sleep(100 * time.Millisecond)
		all := family(pid)
		if len(all) > 1 && !slices.ContainsFunc(all, func(p int) bool {
			return slices.Contains([]string{"go", "compile", "link", "asm", ""}, name(p))
		}) {
			return
		}
	}
}

// family returns a process and those that it has started.
func family(pid int) []int {
	all := []int{pid}
	children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range children {
		text, _ := os.ReadFile(file) // its thread may have ended
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, family(child)...)
			}
		}
	}
	slices.Sort(all)
	return all
}

func name(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(text))
}

// memory returns the resident memory of a process that is its own, and that of files, which
// processes of one program share and the kernel can drop.
func memory(pid int) (own, files int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "RssAnon: %d kB", &own) // other lines are no match
		_, _ = fmt.Sscanf(line, "RssFile: %d kB", &files)
	}
	return own << 10, files << 10
}

func megabytes(n int) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }
