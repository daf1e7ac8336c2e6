//go:build !unix

// Cluster runs on Unix only: it stops processes with signals that Windows does not have.
package main

import "os"

func main() {
	_, _ = os.Stderr.WriteString("test/cluster needs Unix: it freezes processes with SIGSTOP\n")
	os.Exit(2)
}
