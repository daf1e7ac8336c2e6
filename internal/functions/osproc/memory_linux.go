package osproc

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// livePeak returns how much memory a process has had at most, in KB, and 0 if that is not known.
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
	kb, _ := strconv.Atoi(string(fields[0])) // 0 if it is no number
	return kb
}

// finalPeak is livePeak for a process that has ended (getrusage(2)).
func finalPeak(s *os.ProcessState) int {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return int(u.Maxrss)
	}
	return 0
}
