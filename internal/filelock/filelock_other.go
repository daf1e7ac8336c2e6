//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filelock

import "errors"

// Try fails: the syscall package has no lock here.
func Try(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
