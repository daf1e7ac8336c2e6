package sock

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// A loop watches its share of a Poller's sockets with one epoll instance, and gives them their
// turns from one goroutine, its leader.
//
// A turn may take its time, since applications run in it, and nobody must wait for that. So when a
// turn has not returned after a tick or two, the leader is deposed: another goroutine leads from
// there on, and the old one ends with its turn. Where that happens often, turns get goroutines of
// their own from the start. A program whose handlers compute and return, which is most of them,
// pays for neither.
type loop struct {
	poller *Poller
	epoll  int
	file   *os.File        // keeps epoll in Go's poller, where the leader waits
	wait   syscall.RawConn // of file

	// owned by the leader
	events  []syscall.EpollEvent
	n       int                // how many of events are valid
	harvest func(uintptr) bool // gather, made once
	queue   []*Conn            // whose turns are claimed
	next    int                // in queue
	now     time.Duration      // since start

	turn  atomic.Uint64 // odd while the leader is in a turn; deposing it makes it even
	armed atomic.Bool   // the clock of depose ticks
	seen  uint64        // owned by the clock: turn, a tick ago
	slow  atomic.Int32  // how many slow turns there were lately, times slowTurn
	start time.Time
}

const (
	awaitInput = syscall.EPOLLIN | syscall.EPOLLRDHUP | -syscall.EPOLLET

	tick      = time.Millisecond // a turn that outlasts two costs the leader its place
	slowAfter = 100 * time.Microsecond
	slowTurn  = 64           // what a slow turn adds to slow, of which a fast one takes 1 away
	slowLimit = 2 * slowTurn // over it, turns get goroutines of their own
	slowMost  = 16 * slowTurn
)

func openLoop(p *Poller) (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // else Go's poller does not take it
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	l := &loop{
		poller: p, epoll: fd, file: os.NewFile(uintptr(fd), "epoll"),
		events: make([]syscall.EpollEvent, 128), start: time.Now(),
	}
	l.harvest = l.gather
	if l.wait, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	go l.lead() // ends when the Poller is closed, or deposed
	return l, nil
}

// watch takes an int64 because an int does not hold EPOLLET everywhere.
func (l *loop) watch(fd, op int, events int64) error {
	e := syscall.EpollEvent{Events: uint32(events), Fd: int32(fd)}
	return syscall.EpollCtl(l.epoll, op, fd, &e)
}

// lead gives turns until the loop is closed or the leader deposed.
func (l *loop) lead() {
	for {
		for last := len(l.queue); l.next < last; {
			c := l.queue[l.next]
			l.next++
			if !l.give(c) {
				return
			}
		}
		l.queue = append(l.queue[:0], l.queue[l.next:]...) // who has more to read
		l.next = 0
		runtime.Gosched()
		if !l.poll() {
			return
		}
	}
}

// poll queues the sockets that have something to read. If none has, it waits.
func (l *loop) poll() bool {
	if len(l.queue) > 0 {
		l.gather(0)
	} else if err := l.wait.Read(l.harvest); err != nil {
		return false // closed
	}
	for _, e := range l.events[:l.n] {
		if c := l.poller.table.get(int(e.Fd)); c != nil && c.ready(e.Events) {
			l.queue = append(l.queue, c)
		}
	}
	l.now = time.Since(l.start)
	return true
}

// gather reports whether there are events.
func (l *loop) gather(uintptr) bool {
	l.n, _ = epollNow(l.epoll, l.events) // fails only for what is no epoll instance
	return l.n > 0
}

// give gives c its turn, and reports whether the leader leads on.
func (l *loop) give(c *Conn) bool {
	if l.slow.Load() > slowLimit {
		l.poller.workers.run(func() { l.apart(c) })
		return true
	}
	began := l.now
	term := l.turn.Add(1) // from here on, another may lead
	l.arm()
	more := c.run()
	now := time.Since(l.start)
	if !l.turn.CompareAndSwap(term, term+1) {
		if more {
			c.runOn()
		}
		return false
	}
	l.judge(now - began)
	l.now = now
	if more {
		l.queue = append(l.queue, c)
	}
	return true
}

// apart gives a turn away from the leader.
func (l *loop) apart(c *Conn) {
	began := time.Now()
	c.runOn()
	l.judge(time.Since(began))
}

// judge remembers how long a turn took.
func (l *loop) judge(d time.Duration) {
	switch slow := l.slow.Load(); {
	case d > slowAfter && slow < slowMost:
		l.slow.Add(slowTurn)
	case d <= slowAfter && slow > 0:
		l.slow.Add(-1)
	}
}

// arm starts the clock that deposes a slow leader, unless it ticks.
func (l *loop) arm() {
	if !l.armed.Load() && l.armed.CompareAndSwap(false, true) {
		time.AfterFunc(tick, l.depose)
	}
}

// depose looks at the leader once a tick, while it has turns to give. One that is in the same turn
// as a tick ago gets a successor.
func (l *loop) depose() {
	turn := l.turn.Load()
	same := turn == l.seen
	l.seen = turn
	if same && turn%2 == 0 {
		l.rest(turn)
		return
	}
	if same && l.turn.CompareAndSwap(turn, turn+1) {
		l.judge(tick) // not when the turn ends: those behind it may be as slow
		go l.lead()   // takes the place of the one before
	}
	time.AfterFunc(tick, l.depose)
}

// rest stops the clock, unless a turn begins just then.
func (l *loop) rest(turn uint64) {
	l.armed.Store(false)
	if l.turn.Load() != turn {
		l.arm()
	}
}
