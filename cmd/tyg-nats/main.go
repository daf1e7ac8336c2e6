// Command tyg-nats runs the NATS server that "tyg local" gives to programs that use one, or a node
// of a cluster of such servers. tyg starts it and ends it; it prints the URL of the server, which
// contains the password, and runs until its standard input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/visible"
)

func main() {
	// Functions that are still running at the end use the server: tyg ends it after them.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := companion.CheckVersion("tyg-nats")
	if err == nil {
		err = run(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "tyg: %s\n", visible.Block(err.Error(), "  "))
		os.Exit(1)
	}
}

func run(args []string) error {
	cfg, err := parse(args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		_, err = fmt.Print(usage)
		return err
	}
	if err != nil {
		return err
	}
	return natsd.Serve(cfg, os.Stdin, os.Stdout)
}
