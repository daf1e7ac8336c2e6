//go:build !linux

package memory

// machine and container say nothing: the standard library does not ask other systems.
func machine() int64 { return 0 }

func container() int64 { return 0 }
