// Package stopsignal has the signals that ask tyg, and applications, to stop.
package stopsignal

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
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
		case s := <-signals: // also one that came before Stop
			os.Exit(statusOf(s))
		case <-done:
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		cancel()
		close(done)
	})
}

// cutTime is how long a process may take to end after Cut's signal.
const cutTime = 3 * time.Second

// Cut returns a copy of parent, for the work that [Context] has made begin, that ends at the next
// signal of [List], the second one. Whatever that work waits for then, the process ends 3 seconds
// later at the latest, also if stop was called meanwhile, and at once at the third signal.
func Cut(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, List()...)
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() { // ends with stop, at the latest
		select {
		case s := <-signals:
			time.AfterFunc(cutTime, func() { os.Exit(statusOf(s)) })
			signal.Stop(signals) // the next one has its usual effect
			cancel()
		case <-done:
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		cancel()
		close(done)
	})
}

// statusOf returns the exit status that a shell reports for a process that s has ended.
func statusOf(s os.Signal) int {
	if s, ok := s.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return interrupted
}

// interrupted is the exit status that a shell reports for a process that SIGINT has ended.
const interrupted = 128 + int(syscall.SIGINT)
