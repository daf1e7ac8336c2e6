//go:build unix

package scratch

import (
	"io/fs"
	"os"
	"syscall"
)

// isOurs reports whether a folder belongs to this user. The administrator may remove those of other
// users, and must not.
func isOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
