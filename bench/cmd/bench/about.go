package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// about lists the machine, date, command and versions of the tables.
func (b *bench) about(args []string) string {
	var w strings.Builder
	fmt.Fprintf(&w, "- Machine: %s, %d cores, %s, Linux %s\n",
		cpuModel(), runtime.NumCPU(), runtime.GOARCH, kernel())
	fmt.Fprintf(&w, "- Date: %s\n", time.Now().UTC().Format(time.DateOnly))
	fmt.Fprintf(&w, "- Command: `go run ./cmd/bench %s`\n", strings.Join(args, " "))
	pinned := "server pinned to core 0, client to core 1"
	if !b.pin {
		pinned = "server and client on all cores"
	}
	fmt.Fprintf(&w, "- Runs: rounds %d, each run %v, %s, niceness %d\n",
		b.rounds, b.duration, pinned, b.nice)
	fmt.Fprintf(&w, "- Versions: %s\n", strings.Join(b.versions(), ", "))
	return w.String()
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	release, _, _ := strings.Cut(strings.TrimSpace(string(text)), "-") // the rest names the build
	return release
}

// versions returns the versions of Go, of tyg, and of the servers' modules, read from their
// binaries.
func (b *bench) versions() []string {
	versions := []string{strings.Replace(runtime.Version(), "go", "Go ", 1)}
	for _, s := range b.servers {
		v := s.version(b.bin)
		if v != "" && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	return versions
}

func (s server) version(bin string) string {
	if s.script != nil {
		return s.script.version()
	}
	program := s.program
	if s.function != nil {
		program = "loadgen" // its binary names the commit; those of functions do not
	}
	info, err := buildinfo.ReadFile(filepath.Join(bin, program))
	if err != nil {
		return ""
	}
	ours := []string{"tyg", "chat", "functions", "loadgen"}
	if slices.Contains(ours, program) {
		return "tyg " + revision(info)
	}
	for _, dep := range info.Deps {
		if s.module == dep.Path {
			return dep.Path + " " + dep.Version
		}
	}
	return ""
}

// revision returns the commit that a program was built from.
func revision(info *buildinfo.BuildInfo) string {
	text, changed := "of no known commit", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			text = setting.Value[:min(12, len(setting.Value))]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = " with changes"
		}
	}
	return text + changed
}
