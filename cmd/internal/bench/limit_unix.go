//go:build unix

package bench

import (
	"fmt"
	"syscall"
)

// reserved is how many files a program has open beside its connections.
const reserved = 32

// checkLimit reports that a process may not have so many connections.
func checkLimit(connections int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // the connections will show
	}
	if most := uint64(limit.Cur); uint64(connections)+reserved > most {
		return fmt.Errorf("%d connections need more files than the %d that a process may have open; "+
			"raise the limit with ulimit -n %d, or use fewer --connections", connections, most,
			connections+reserved)
	}
	return nil
}
