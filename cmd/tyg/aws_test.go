//go:build unix

package main

import (
	"syscall"
	"testing"
)

// tyg becomes tyg-aws, so signals reach it, and its status is that of the process.
func TestSignalsReachTheCompanion(t *testing.T) {
	p := startTyg(t, "logs", "--follow")
	p.until("^waiting$")
	p.signal(syscall.SIGTERM)
	p.expect("terminated")
	p.exits(9)
}
