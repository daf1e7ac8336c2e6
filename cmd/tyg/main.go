// Command tyg makes, runs and talks to WebSocket applications written with package tyg.
//
// Run "tyg help" for its verbs.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// An env is all that the program knows of the world around it, so that tests can supply another.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

func main() {
	e := &env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(run(context.Background(), os.Args[1:], e))
}

// run runs one command line and returns its exit status.
func run(ctx context.Context, args []string, e *env) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot(e)
	root.SetArgs(args)
	return report(e.stderr, root.ExecuteContext(ctx))
}
