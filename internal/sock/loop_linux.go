package sock

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// A loop watches its share of a Poller's sockets with one epoll instance, and runs their turns on
// one goroutine, its leader.
//
// A turn runs application code, so it may be slow, and other sockets must not wait for it. When a
// turn has not returned after a tick or two, another goroutine becomes the leader, and the old
// one ends with its turn. Where that happens often, turns get goroutines of their own from the
// start. A program whose handlers compute and return, which is most of them, pays for neither.
type loop struct {
	poller *Poller
	epoll  int
	file   *os.File        // keeps epoll in Go's poller, where the leader waits
	wait   syscall.RawConn // of file
	bell   int             // an eventfd that epoll watches: ends the wait of the leader

	// owned by the leader
	events     []syscall.EpollEvent
	n          int                // how many of events are valid
	onReadable func(uintptr) bool // fetchEvents, made once
	queue      []*Conn            // claimed, waiting for their turn
	next       int                // in queue
	more       []*Conn            // claimed, and may wait: see lead
	nextMore   int                // in more
	now        time.Duration      // since start
	visitors   []*Visit           // as more
	nextVisit  int                // in visitors
	visited    bool               // the last of the two that ran was a Visit
	slice      time.Duration      // for how long runMore runs

	replies replies
	batch   Batch // adds to replies

	// guarded by mu
	mu       sync.Mutex
	returned []*Conn  // claimed, had a turn on another goroutine and have more to read
	asked    []*Visit // not yet in visitors
	rung     bool     // the bell, since the leader has looked at the two
	closed   bool

	turnSeq  atomic.Uint64 // odd while the leader runs a turn; a new leader makes it even
	visitSeq atomic.Uint64 // turnSeq of the last Visit
	paused   atomic.Int32  // turns that wait in Pause
	armed    atomic.Bool   // the timer of checkLeader is set
	lastSeq  uint64        // owned by checkLeader: turnSeq a tick ago
	slowness atomic.Int32  // slowTurn for each slow turn, less 1 for each fast one
	start    time.Time
}

// hangUp are the events that the peer has gone.
const hangUp = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR

const (
	awaitInput = syscall.EPOLLIN | syscall.EPOLLRDHUP | -syscall.EPOLLET

	tick        = time.Millisecond // a turn that outlasts two makes another goroutine the leader
	slowAfter   = 100 * time.Microsecond
	slowTurn    = 64           // what a slow turn adds to slowness
	detachAbove = 2 * slowTurn // above this slowness, turns get goroutines of their own
	maxSlowness = 16 * slowTurn
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
		events: make([]syscall.EpollEvent, 128), start: time.Now(), slice: moreSlice,
	}
	l.onReadable = l.fetchEvents
	l.batch = Batch{poller: p, loop: l}
	if l.bell, err = openBell(); err == nil {
		err = l.watch(l.bell, syscall.EPOLL_CTL_ADD, syscall.EPOLLIN|-syscall.EPOLLET)
	}
	if err != nil {
		_ = l.file.Close()
		return nil, err
	}
	if l.wait, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	go l.lead() // ends when the Poller is closed, or when another goroutine leads
	return l, nil
}

// openBell opens an eventfd.
func openBell() (int, error) {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0,
		syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return 0, os.NewSyscallError("eventfd2", errno)
	}
	return int(fd), nil
}

// giveBack lets the leader run the turns that follow one that ran elsewhere. On goroutines of
// their own, the turns of clients that send without end would have all other clients wait in the
// scheduler's queue.
func (l *loop) giveBack(c *Conn) {
	if !l.tryGiveBack(c) {
		c.runToIdle()
	}
}

// tryGiveBack is giveBack unless the loop is closed.
func (l *loop) tryGiveBack(c *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.returned = append(l.returned, c)
	l.ringLocked()
	return true
}

// ringLocked makes the leader look, unless it is about to.
func (l *loop) ringLocked() {
	if !l.rung {
		l.rung = true
		// Each write is an event, whether the last one was read or not.
		_, _ = syscall.Write(l.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// takeGiven takes what other goroutines have given back, and the Visits that they have asked for.
func (l *loop) takeGiven() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rung = false
	l.more = append(l.more, l.returned...)
	clear(l.returned)
	l.returned = l.returned[:0]
	l.visitors = append(l.visitors, l.asked...)
	clear(l.asked)
	l.asked = l.asked[:0]
}

// close ends the loop's own descriptor and lets sockets that are left run elsewhere.
func (l *loop) close() {
	l.mu.Lock()
	l.closed = true
	_ = syscall.Close(l.bell) // nothing depends on it any more
	left := slices.Concat(l.queue[l.next:], l.more[l.nextMore:], l.returned)
	for _, v := range slices.Concat(l.visitors[l.nextVisit:], l.asked) {
		v.begin()
	}
	l.mu.Unlock()
	for _, c := range left {
		go c.runToIdle() // ends with c, which is to be closed
	}
}

// watch changes what epoll reports about fd. events is an int64 because EPOLLET does not fit into
// an int everywhere.
func (l *loop) watch(fd, op int, events int64) error {
	e := syscall.EpollEvent{Events: uint32(events), Fd: int32(fd)}
	return syscall.EpollCtl(l.epoll, op, fd, &e)
}

// lead runs turns until the loop is closed or another goroutine leads. Sockets that have
// something new to read go first; those that have more to read, whose peers have gone, or whose
// clients are not connected yet, have turns in between. So the clients that send without end,
// come or go wait for each other, and the others wait for one turn of one of them: 10,000 that
// are cut at once and come again hold up no message by more than some turns.
func (l *loop) lead() {
	for l.sendReplies() && l.runQueue() && l.sendReplies() && l.runMore() && l.sendReplies() {
		runtime.Gosched()
		if !l.poll() {
			return
		}
	}
}

// runQueue runs the turns that may not wait. It reports whether the caller is still the leader.
func (l *loop) runQueue() bool {
	batched := len(l.queue)-l.next >= minReplies && l.poller.batches.available()
	for l.next < len(l.queue) {
		c := l.queue[l.next]
		l.next++
		if !l.runTurn(c, batched) || batched && l.replies.due(l.now) && !l.sendReplies() {
			return false
		}
	}
	l.queue, l.next = l.queue[:0], 0
	return true
}

// moreSlice is for how long turns that may wait run before new events are looked for, which costs
// as much as a short one of them.
const (
	moreSlice = 50 * time.Microsecond
	mostSlice = 100 * moreSlice
)

// sliceAfter returns for how long turns that may wait run after other goroutines have run for d: a
// quarter as long. Of clients that come and go over TLS, whose handshakes are such goroutines, a
// loop that runs a few turns between all of them would free fewer than come.
func sliceAfter(d time.Duration) time.Duration { return min(max(d/4, moreSlice), mostSlice) }

// runMore runs some of the turns that may wait, at least one, and lets Visits run between them. It
// reports whether the caller is still the leader.
func (l *loop) runMore() bool {
	for began := l.now; l.now-began < l.slice; {
		if v := l.takeVisit(); v != nil {
			if !l.receive(v) {
				return false
			}
			continue
		}
		if l.paused.Load() >= maxPaused {
			return true // what those work with is enough
		}
		c := l.takeMore()
		if c == nil {
			return true
		}
		if !l.runHere(c, false) {
			return false
		}
	}
	return true
}

// takeMore takes the socket that has waited longest with more to read, or returns nil.
func (l *loop) takeMore() *Conn {
	if l.nextMore == len(l.more) {
		return nil
	}
	c := l.more[l.nextMore]
	l.more[l.nextMore] = nil
	l.nextMore++
	if 2*l.nextMore >= len(l.more) {
		l.more, l.nextMore = append(l.more[:0], l.more[l.nextMore:]...), 0
	}
	return c
}

// poll queues the sockets that have something to read. If none has, it waits.
func (l *loop) poll() bool {
	was, waits := l.now, len(l.more) == 0 && len(l.visitors) == 0
	if !waits {
		l.fetchEvents(0)
	} else if err := l.wait.Read(l.onReadable); err != nil {
		l.close()
		return false
	}
	l.takeGiven()
	for _, e := range l.events[:l.n] {
		c := l.poller.table.get(int(e.Fd))
		switch {
		case c == nil || !c.onEvent(e.Events):
		case c.mayWait || e.Events&hangUp != 0:
			l.more = append(l.more, c)
		default:
			l.queue = append(l.queue, c)
		}
	}
	l.now = time.Since(l.start)
	if l.slice = moreSlice; !waits {
		l.slice = sliceAfter(l.now - was)
	}
	return true
}

// fetchEvents fetches events without waiting, and reports whether there are any.
func (l *loop) fetchEvents(uintptr) bool {
	l.n, _ = epollNow(l.epoll, l.events) // fails only if epoll is no epoll instance
	return l.n > 0
}

// epollNow fills events with the events since the last call, without waiting.
func epollNow(epoll int, events []syscall.EpollEvent) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno == syscall.EINTR {
		return 0, nil
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// runTurn runs a turn of c, which may have a TurnBatch. It reports whether the caller is still the
// leader.
func (l *loop) runTurn(c *Conn, batched bool) bool {
	if l.slowness.Load() > detachAbove {
		l.poller.workers.run(func() { l.runDetached(c) })
		return true
	}
	return l.runHere(c, batched)
}

// runHere is runTurn on this goroutine, however slow turns are lately.
func (l *loop) runHere(c *Conn, batched bool) bool {
	began := l.now
	seq := l.turnSeq.Add(1) // from here on, another goroutine may take the lead
	c.led, c.batched = uint32(seq), batched
	l.arm()
	more := c.run()
	now := time.Since(l.start)
	if !l.turnSeq.CompareAndSwap(seq, seq+1) {
		if more {
			l.giveBack(c)
		}
		return false
	}
	l.recordDuration(now - began)
	l.now = now
	if more {
		l.more = append(l.more, c)
	}
	return true
}

// runDetached runs a turn on another goroutine than the leader's.
func (l *loop) runDetached(c *Conn) {
	began := time.Now()
	c.runAway()
	l.recordDuration(time.Since(began))
}

// recordDuration counts a turn that took d as slow or fast.
func (l *loop) recordDuration(d time.Duration) {
	switch slowness := l.slowness.Load(); {
	case d > slowAfter && slowness < maxSlowness:
		l.slowness.Add(slowTurn)
	case d <= slowAfter && slowness > 0:
		l.slowness.Add(-1)
	}
}

// arm sets the timer of checkLeader, unless it is set.
func (l *loop) arm() {
	if !l.armed.Load() && l.armed.CompareAndSwap(false, true) {
		time.AfterFunc(tick, l.checkLeader)
	}
}

// checkLeader looks at the leader once a tick, while it has turns to run. If the leader is still
// in the turn of a tick ago, another goroutine takes the lead.
func (l *loop) checkLeader() {
	seq := l.turnSeq.Load()
	same := seq == l.lastSeq
	l.lastSeq = seq
	if same && seq%2 == 0 {
		l.disarm(seq)
		return
	}
	if same && l.turnSeq.CompareAndSwap(seq, seq+1) {
		if seq != l.visitSeq.Load() {
			l.recordDuration(tick) // not when the turn ends: those behind it may be as slow
		}
		go l.lead() // ends as the first leader does
	}
	time.AfterFunc(tick, l.checkLeader)
}

// disarm stops the timer of checkLeader, unless a turn has begun since turnSeq was seq.
func (l *loop) disarm(seq uint64) {
	l.armed.Store(false)
	if l.turnSeq.Load() != seq {
		l.arm()
	}
}
