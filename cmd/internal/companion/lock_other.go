//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package companion

import "errors"

// tryLock fails: the syscall package has no lock here.
func tryLock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
