package admin

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ticks is the unit of processor time in /proc, on every architecture that Go runs on.
// (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)
const ticks = 100

// systemMetrics returns what the system counts for this process.
func systemMetrics() (list []Metric) {
	add := func(name, help string, n float64) {
		list = append(list, Metric{Name: name, Help: help, Number: n})
	}
	if cpu, memory, pages, ok := processStat(); ok {
		list = append(list, Metric{
			Name: "process_cpu_seconds_total", Help: "Processor time, of the user and the system.",
			Number: cpu / ticks, Kind: Counter,
		})
		add("process_virtual_memory_bytes", "Virtual memory.", memory)
		add("process_resident_memory_bytes", "Resident memory.", pages*float64(os.Getpagesize()))
	}
	if dir, err := os.Open("/proc/self/fd"); err == nil {
		names, _ := dir.Readdirnames(-1)
		_ = dir.Close()
		add("process_open_fds", "File descriptors that are open.", float64(max(0, len(names)-1)))
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		add("process_max_fds", "File descriptors that may be open.", float64(limit.Cur))
	}
	return list
}

// processStat returns the processor time in ticks, the virtual memory in bytes and the resident
// memory in pages.
func processStat() (cpu, memory, pages float64, ok bool) {
	data, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, 0, false
	}
	// The name of the program, in parentheses, may contain anything. What follows it begins with
	// field 3.
	_, rest, ok := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
	fields := strings.Fields(rest)
	const user, system, virtual, resident = 14 - 3, 15 - 3, 23 - 3, 24 - 3
	if !ok || len(fields) <= resident {
		return 0, 0, 0, false
	}
	n := func(i int) float64 {
		f, _ := strconv.ParseFloat(fields[i], 64)
		return f
	}
	return n(user) + n(system), n(virtual), n(resident), true
}
