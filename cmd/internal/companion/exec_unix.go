//go:build unix

package companion

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// Exec replaces this process by the program, which gets the arguments, and everything else as it
// is: files, working directory, environment, signals. It returns only if that fails.
func (p Program) Exec(args []string) (status int, err error) {
	argv := append([]string{filepath.Base(p.Path)}, args...)
	return 0, fmt.Errorf("run %s: %w", p.Path, syscall.Exec(p.Path, argv, p.Environ()))
}
