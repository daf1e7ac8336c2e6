package stat

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Maps is the resident memory of a process, in bytes.
type Maps struct {
	Resident int64
	Heap     int64 // the arenas of Go: its heap, and the stacks of goroutines
	File     int64 // the program: code, constants and variables
}

// MapsOf returns where the memory of a Go process is whose program is a file.
func MapsOf(pid int, program string) (m Maps, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return m, err
	}
	return mapsOf(string(text), program), nil
}

// mapsOf reads smaps: a line about each mapping, and lines with its sizes behind it.
func mapsOf(text, program string) (m Maps) {
	var heap, file bool
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if !strings.HasSuffix(fields[0], ":") {
			heap, file = isArena(fields), fields[len(fields)-1] == program
			continue
		}
		if fields[0] != "Rss:" {
			continue
		}
		kb, _ := strconv.ParseInt(fields[1], 10, 64) // the kernel writes numbers
		m.Resident += kb << 10
		switch {
		case heap:
			m.Heap += kb << 10
		case file:
			m.File += kb << 10
		}
	}
	return m
}

// isArena reports whether a mapping is an arena. They begin anywhere above the program, and below
// the mappings that the kernel places (runtime/malloc.go).
func isArena(fields []string) bool {
	begin, _, _ := strings.Cut(fields[0], "-")
	at, _ := strconv.ParseUint(begin, 16, 64) // the kernel writes numbers
	const lowest, highest = 1 << 32, 0x7e << 40
	const unnamed = 5 // fields; where the kernel keeps names, Go gives them
	name := strings.Join(fields[min(unnamed, len(fields)):], " ")
	return (name == "" || name == "[anon: Go: heap]") && at >= lowest && at < highest
}
