package functions

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
)

// CutLines returns the lines of a text that is read in pieces of size bytes.
func CutLines(text []byte, size int) (cut []string) {
	var l lines
	emit := func(line string) { cut = append(cut, line) }
	for piece := range slices.Chunk(text, size) {
		l.add(piece, emit)
	}
	l.end(emit)
	return cut
}

// HasCapacity tells whether a function that may have n processes, all of which have replied a
// minute ago, takes one more event.
func HasCapacity(n int) bool {
	p := &pool{fn: Function{Concurrency: n}, procs: make(map[*process]struct{})}
	for range n {
		p.procs[&process{state: replied, lastUsed: time.Now().Add(-time.Minute)}] = struct{}{}
	}
	return p.hasCapacity()
}

// BreakIdle breaks the connections of all idle processes of a function, so that the next events for
// them cannot be written. It stops the processes first, because otherwise they would ask again.
func (h *Host) BreakIdle(name string) {
	h.mu.Lock()
	p := h.pools[name]
	h.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, proc := range p.idle {
		proc.group.Signal(osproc.Freeze)
		for !isStopped(proc.group.PID()) {
			runtime.Gosched()
		}
		_ = proc.next.Conn.(*net.TCPConn).CloseWrite()
	}
}

// isStopped reports whether all threads of a process are stopped, and true if /proc does not say.
func isStopped(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return true
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		_, state, _ := strings.Cut(string(stat), ") ")
		if err == nil && !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

// IdleProcesses counts the processes that wait for an event.
func (h *Host) IdleProcesses(name string) int {
	p, err := h.pool(name)
	if err != nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}
