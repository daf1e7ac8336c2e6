//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: Ctrl-C in a Windows console reaches all processes by itself.
func ownGroup(*exec.Cmd) {}

func pass(*os.Process, os.Signal) {}

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
