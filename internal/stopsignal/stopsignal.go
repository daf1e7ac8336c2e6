// Package stopsignal has the signals that ask tyg, and applications, to stop.
package stopsignal

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// List returns SIGINT, SIGTERM, and SIGHUP, which a terminal sends when it is closed. A process
// that nohup has started ignores SIGHUP, and goes on doing so.
func List() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// Context returns a copy of parent that ends at the first signal of [List]. The second ends the
// process at once. It does so even where SIGINT was ignored when the process started, as a shell
// without job control has it for what ends with &: [signal.Stop] makes it ignored again, which is
// why [signal.NotifyContext] with it would wait for the end of the work.
func Context(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	wasIgnored := signal.Ignored(os.Interrupt) // Notify makes the runtime forget it
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, List()...)
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() { // ends with stop, at the latest
		select {
		case <-signals:
		case <-done:
			return
		}
		signal.Stop(signals) // the next one has its usual effect
		if wasIgnored {
			signal.Notify(signals, os.Interrupt)
		}
		cancel()
		select {
		case <-signals:
			os.Exit(interrupted)
		case <-done:
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		cancel()
		close(done)
	})
}

// interrupted is the exit status that a shell reports for a process that SIGINT has ended.
const interrupted = 128 + int(syscall.SIGINT)
