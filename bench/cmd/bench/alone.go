package main

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// onServerCore calls do on a thread with the core and the niceness of servers, which the processes
// that do starts inherit. The programs that set them for other servers would take a good part of
// the time in which a function starts.
func (b *bench) onServerCore(do func() error) (err error) {
	done := make(chan struct{})
	go func() { // ends with do; its thread ends with it, because it is never unlocked
		defer close(done)
		runtime.LockOSThread()
		if err = b.pinThread(syscall.Gettid()); err == nil {
			err = do()
		}
	}()
	<-done
	return err
}

func (b *bench) pinThread(tid int) error {
	if b.pin {
		out, err := exec.Command("taskset", "-cp", strconv.Itoa(serverCore), strconv.Itoa(tid)).
			CombinedOutput()
		if err != nil {
			return fmt.Errorf("pin thread: %w: %s", err, out)
		}
	}
	if b.nice == 0 {
		return nil
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, tid, b.nice); err != nil {
		return fmt.Errorf("set priority of thread: %w", err)
	}
	return nil
}

// use is CPU seconds used until a time: by the machine, and by this process and the children that
// it has waited for.
type use struct {
	at                 time.Time
	busy, stolen, ours float64
}

func currentUse() (u use, err error) {
	u.at = time.Now()
	if u.busy, u.stolen, err = stat.Machine(); err != nil {
		return u, err
	}
	var self, children syscall.Rusage
	err = errors.Join(syscall.Getrusage(syscall.RUSAGE_SELF, &self),
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children))
	for _, t := range []syscall.Timeval{self.Utime, self.Stime, children.Utime, children.Stime} {
		u.ours += float64(t.Nano()) / 1e9
	}
	return u, err
}

// until returns what other programs used of the machine between two times.
func (u use) until(v use) (r load.Result) {
	r.Seconds = v.at.Sub(u.at).Seconds()
	r.Steal = (v.stolen - u.stolen) / r.Seconds
	// The clocks differ in their last ticks; the difference must not be negative.
	r.Foreign = max((v.busy-u.busy-v.ours+u.ours)/r.Seconds, 0)
	return r
}
