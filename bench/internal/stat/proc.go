package stat

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
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

// Peak returns the most resident memory that processes have had since ResetPeak, in bytes.
func Peak(pids []int) (total int64, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		bytes, err := memoryOf(string(text), "VmHWM")
		if err != nil {
			return 0, err
		}
		total += bytes
	}
	return total, nil
}

// ResetPeak makes Peak begin anew (https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html).
func ResetPeak(pids []int) error {
	for _, pid := range pids {
		name := fmt.Sprintf("/proc/%d/clear_refs", pid)
		if err := os.WriteFile(name, []byte("5"), 0); err != nil {
			return err
		}
	}
	return nil
}

// Spend returns the CPU seconds that processes use within d. An error of ctx ends it.
func Spend(ctx context.Context, pids []int, d time.Duration) (seconds float64, err error) {
	before, err := CPU(pids)
	if err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(d):
	}
	after, err := CPU(pids)
	return after - before, err
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

// memoryOf finds a line of /proc/meminfo or of a /proc/PID/status.
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
