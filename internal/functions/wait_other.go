//go:build !linux

package functions

// awaitExit returns at once: exec.Cmd.Wait waits as well.
func awaitExit(int) {}
