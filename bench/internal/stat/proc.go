package stat

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticks are the units of CPU time in /proc, per second. The kernel shows them to programs at this
// rate whatever its own is (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, USER_HZ).
const ticks = 100

// CPU returns the CPU seconds of processes, including children that they have waited for.
func CPU(pids []int) (seconds float64, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		seconds += cpuOf(text)
	}
	return seconds, nil
}

// cpuOf adds up fields 14 to 17 of a /proc/PID/stat. The second field is a name in parentheses
// that may hold anything, so fields are counted from behind it.
func cpuOf(text []byte) (seconds float64) {
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	for _, f := range fields[11:15] {
		n, _ := strconv.ParseFloat(f, 64) // the kernel writes numbers
		seconds += n / ticks
	}
	return seconds
}

// RSS returns the resident memory of processes, in bytes.
func RSS(pids []int) (total int64, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			return 0, err
		}
		pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
		if err != nil {
			return 0, err
		}
		total += pages * int64(os.Getpagesize())
	}
	return total, nil
}

// Machine returns CPU seconds over all cores since the machine started: busy, and steal, which the
// hypervisor gave to other machines.
func Machine() (busy, steal float64, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	busy, steal = machineOf(string(line))
	return busy, steal, nil
}

// machineOf reads the first line of /proc/stat: cpu user nice system idle iowait irq softirq steal.
func machineOf(line string) (busy, steal float64) {
	for i, f := range strings.Fields(line) {
		n, _ := strconv.ParseFloat(f, 64)
		switch i {
		case 1, 2, 3, 6, 7:
			busy += n / ticks
		case 8:
			steal = n / ticks
		}
	}
	return busy, steal
}

// Slab returns the memory of the kernel's own objects, such as sockets, in bytes.
func Slab() (int64, error) { return memInfo("Slab") }

// Available returns the memory that programs may still use, in bytes.
func Available() (int64, error) { return memInfo("MemAvailable") }

func memInfo(name string) (int64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	return memoryOf(string(text), name)
}

// memoryOf finds a line of /proc/meminfo.
func memoryOf(text, name string) (int64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/meminfo", name)
}

// Sysctl returns a limit of the kernel by its path below /proc/sys.
func Sysctl(path string) (int64, error) {
	text, err := os.ReadFile("/proc/sys/" + path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}
