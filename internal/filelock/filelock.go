// Package filelock locks files against other processes, where the system can.
package filelock

import "errors"

// ErrLocked means that another process holds the lock.
var ErrLocked = errors.New("locked by another process")
