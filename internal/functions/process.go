package functions

import (
	"crypto/rand"
	"errors"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

const (
	// termGrace is how long a process may take to end after SIGTERM.
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)
	termGrace = 500 * time.Millisecond

	// drainTime is how long to read, after a process has exited, what it has written. Only
	// descendants that left its process group can use it up.
	drainTime = time.Second

	// headTime is how long a process may take to send the head of a request.
	headTime = 10 * time.Second

	// spareTime is how long a connection of a process may be silent beyond the time that the function
	// may take. The process itself is killed before; its descendants and other programs are not.
	spareTime = time.Minute
)

// A state is a step in the life of a process.
type state uint8

const (
	starting state = iota // it has not asked for an event, or has closed the connection where it did
	idle                  // it waits for an event
	busy                  // it has an event
	replied               // it has replied and not yet asked for another event
	ended                 // it gets no more events
)

// A process runs one version of a function and has one event at a time.
type process struct {
	// static after construction
	pool    *pool
	fn      Function
	version int
	second  bool // its function has never had two processes before
	arn     string
	ready   chan struct{} // closed when it has asked for its first event
	exited  chan struct{} // closed when it has exited and failure is set
	log     *processLog
	group   osproc.Group

	stranger sync.Once // the warning of one

	// owned by run
	server    *runtimeapi.Server
	startedAt time.Time
	failure   error // why it has exited; other goroutines read it after exited

	// guarded by pool.mu
	state       state
	candidate   bool             // not yet in the pool: its version is being deployed
	initialized bool             // it has asked for its first event
	used        bool             // it has had an event
	call        *call            // the event it has
	next        *runtimeapi.Conn // where it waits for one
	initTook    time.Duration
	assignedAt  time.Time // when it got its event
	lastUsed    time.Time
	deadline    time.Time // when to kill it, unless it is idle
	alarm       *time.Timer
	alarmAt     time.Time // zero: the alarm is not set
	cause       error     // why it is killed; nil: it is not
}

func newProcess(p *pool, fn Function, version int) *process {
	proc := &process{
		pool: p, fn: fn, version: version, arn: p.host.ARN(fn.Name),
		ready: make(chan struct{}), exited: make(chan struct{}),
	}
	proc.log = newProcessLog(p.host, &proc.fn, &proc.group)
	return proc
}

// run starts the process, waits until it exits, and fails the call that it had. It stays on one
// thread, see osproc.Group.Start; waiting takes a thread anyway.
func (p *process) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.exited)
	if p.second {
		p.log.warn(WarnSecondProcess, "", secondProcess)
	}
	if p.failure = p.start(); p.failure == nil {
		p.failure = p.exitReason(p.wait())
	}
	if c, took := p.pool.remove(p); c != nil {
		o := outcome{err: p.failure, took: took}
		p.log.endEvent(c.inv.RequestID, o)
		c.done <- o
	}
}

// start starts the command and serves the Runtime API to it.
func (p *process) start() error {
	server, err := runtimeapi.Listen(p, runtimeapi.Limits{
		Head: headTime, Silent: p.fn.InitTimeout + p.fn.Timeout + spareTime,
	})
	if err != nil {
		return &StartError{Function: p.fn.Name, Command: p.fn.Command[0], Err: err}
	}
	p.server = server
	var api *runtimeapi.API
	if h := p.pool.host; h.API != nil && h.ManagementEndpoint != "" {
		api = &runtimeapi.API{Handler: h.API, Token: rand.Text()}
		server.Offer(api)
	}
	cmd := exec.Command(p.fn.Command[0], p.fn.Command[1:]...)
	cmd.Dir = p.fn.Dir
	cmd.Env = p.pool.host.environ(&p.fn, server.Addr(), api)
	if err := p.group.Start(cmd, &p.log.stdout, &p.log.stderr); err != nil {
		server.Shutdown(time.Now())
		return &StartError{Function: p.fn.Name, Command: p.fn.Command[0], Err: err}
	}
	p.startAlarm()
	server.Start() // its goroutines end with the process, see wait
	return nil
}

// startAlarm sets the first deadline. A process that was ended before it started is killed.
func (p *process) startAlarm() {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	p.startedAt = time.Now()
	p.alarm = time.AfterFunc(p.fn.InitTimeout, p.onAlarm)
	p.setDeadline(p.fn.InitTimeout, p.startedAt)
	if p.state == ended {
		p.group.Signal(osproc.Kill)
	}
}

// wait waits until the process has exited and all that it sent and wrote is read.
func (p *process) wait() error {
	err := p.group.Wait()
	until := time.Now().Add(drainTime)
	p.server.Shutdown(until) // its last reply may still be there to be read
	p.group.CloseOutput(until)
	p.pool.mu.Lock()
	p.alarm.Stop()
	p.pool.mu.Unlock()
	return err
}

// exitReason returns why the process has exited. The error is that of wait.
func (p *process) exitReason(err error) error {
	p.pool.mu.Lock()
	cause, initialized := p.cause, p.initialized
	p.pool.mu.Unlock()
	if late, ok := errors.AsType[*TimeoutError](cause); ok {
		late.Stderr, late.Logged = p.log.lastLines(), p.pool.host.Shown
	}
	if cause != nil {
		return cause
	}
	exit := &ExitError{
		Function: p.fn.Name, Status: "exit status 0", Stderr: p.log.lastLines(), Init: !initialized,
		Code: p.group.ExitCode(), Logged: p.pool.host.Shown,
	}
	if err != nil {
		exit.Status = err.Error()
	}
	return exit
}

// assign marks p busy with c. The caller must then call writeEvent.
func (p *process) assign(c *call) {
	c.writing.Lock()
	p.state, p.call, p.used = busy, c, true
	p.assignedAt = time.Now()
	if !c.queuedAt.IsZero() {
		c.waited = p.assignedAt.Sub(c.queuedAt)
	}
	p.setDeadline(p.fn.Timeout, p.assignedAt)
}

// markReady notes that the process asks for an event.
func (p *process) markReady() {
	if !p.initialized {
		p.initialized = true
		p.initTook = time.Since(p.startedAt)
		close(p.ready)
	}
	p.state = idle
	p.lastUsed = time.Now()
}

// setDeadline has the process killed after d, unless it is idle then. An alarm for an earlier time
// stays and is set again when it fires, which saves two timer operations for each event.
func (p *process) setDeadline(d time.Duration, now time.Time) {
	p.deadline = now.Add(d)
	if p.alarmAt.IsZero() || p.deadline.Before(p.alarmAt) {
		p.alarmAt = p.deadline
		p.alarm.Reset(d)
	}
}

// onAlarm kills the process if its deadline has passed.
func (p *process) onAlarm() {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	p.alarmAt = time.Time{}
	now := time.Now()
	switch {
	case p.state == idle || p.state == ended:
		return
	case now.Before(p.deadline):
		p.setDeadline(p.deadline.Sub(now), now)
		return
	case p.state == starting:
		p.cause = &TimeoutError{Function: p.fn.Name, Limit: p.fn.InitTimeout, Init: true}
	default:
		p.cause = &TimeoutError{Function: p.fn.Name, Limit: p.fn.Timeout}
	}
	p.group.Signal(osproc.Kill)
}

// stop sends the process SIGTERM, and kills it after termGrace.
func (p *process) stop() {
	p.group.Signal(osproc.Terminate)
	time.AfterFunc(termGrace, func() { p.group.Signal(osproc.Kill) })
}

// abort kills the process. The event that it has fails with why.
func (p *process) abort(why error) {
	p.pool.mu.Lock()
	if p.cause == nil {
		p.cause = why
	}
	p.state = ended
	p.pool.mu.Unlock()
	p.group.Signal(osproc.Kill)
}
