//go:build !linux

package osproc

import (
	"os"
	"syscall"
)

// dieWithParent does nothing: only Linux can kill a process with its parent. A runtime that asks
// for its next event finds the address closed, and most runtimes then exit.
func dieWithParent(*syscall.SysProcAttr) {}

// awaitExit returns at once: exec.Cmd.Wait waits as well.
func awaitExit(int) {}

func livePeak(int) int { return 0 }

func finalPeak(*os.ProcessState) int { return 0 }
