//go:build unix

package doctor

import "syscall"

// fileLimit returns how many files a process may have open. Go raises the soft limit to the hard
// one when a program starts.
func fileLimit() (uint64, error) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err
}
