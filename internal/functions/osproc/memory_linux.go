package osproc

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// livePeak returns the most memory that a process has had, in KB, or 0 if that is not known.
// (proc_pid_status(5), VmHWM)
func livePeak(pid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.Atoi(string(fields[0])) // 0 if it is not a number
	return kb
}

// finalPeak is livePeak for a process that has exited (getrusage(2)).
func finalPeak(s *os.ProcessState) int {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return int(u.Maxrss)
	}
	return 0
}
