package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// ReadHead is readHead.
func (s *Server) ReadHead(b []byte) (r *http.Request, names []string, n int) {
	return s.readHead(b)
}

// SetBodies sets the bounds of the bodies of calls. Call it after Start.
func (s *Server) SetBodies(bodies, bytes int) {
	s.bodies.Bodies, s.bodies.Bytes = bodies, bytes
}

// HeldBodies returns how many bytes of bodies are in memory.
func (s *Server) HeldBodies() int { return s.bodies.Held() }

// Waiting tells how many bytes wait for a connection, and whether a buffer is held for them.
func (s *Server) Waiting(id tyg.ConnID) (bytes int, held bool) {
	c := s.hub.get(id)
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queuedLocked(), c.out != nil || c.writing
}

// ShutdownBegun reports whether handshakes are refused because the Server shuts down, and every
// connection is to end.
func (s *Server) ShutdownBegun() bool {
	begun := s.limiter.isClosed()
	s.hub.each(func(c *session) { begun = begun && (c.ending.Load() || c.closing.Load()) })
	return begun
}

// RunOpen does what happens between the answer to a handshake and the first message.
func (s *Server) RunOpen(id tyg.ConnID) { s.hub.get(id).runOpen() }

// AddFirst adds a new connection, which is open and has no socket, to several groups at the same
// time. It returns how many of them did not have the member when Add returned.
func (s *Server) AddFirst(names ...string) int {
	c := &session{srv: s}
	c.opened.Store(true)
	var missing atomic.Int32
	var adding sync.WaitGroup
	for _, name := range names {
		adding.Go(func() {
			_, _, _ = s.groups.Add(name, c, &c.attach().groups, "", nil) // fails after End only
			if !slices.Contains(s.groups.Conns(name), c) {
				missing.Add(1)
			}
		})
	}
	adding.Wait()
	c.srv.groups.End(&c.attach().groups)
	return int(missing.Load())
}

// Hub is a hub of sessions that are nothing but an id.
type Hub struct{ hub }

// NewHub returns an empty one.
func NewHub() *Hub {
	h := new(Hub)
	h.init()
	return h
}

// Add adds a session, and returns what removes it.
func (h *Hub) Add(id tyg.ConnID) (remove func()) {
	c := new(session)
	c.conn.ID, c.conn.ConnectedAt = id, time.Now()
	h.add(c)
	return func() { h.remove(c) }
}

// Has reports whether there is a session of id.
func (h *Hub) Has(id tyg.ConnID) bool {
	c := h.get(id)
	return c != nil && c.conn.ID == id
}

// Count counts the sessions in two ways. A third one, the roster, must agree with the second.
func (h *Hub) Count() (size, seen int) {
	h.each(func(*session) { seen++ })
	if len(h.all()) != seen {
		seen = -1
	}
	return int(h.size.Load()), seen
}

// List lists all sessions.
func (h *Hub) List() (ids []tyg.ConnID) {
	for _, c := range h.all() {
		ids = append(ids, c.conn.ID)
	}
	return ids
}

// KeepsOld reports whether the hub keeps a roster that all would not return again.
func (h *Hub) KeepsOld() bool {
	r := h.roster.Load()
	return r != nil && r.changes != h.changes.Load()
}

// Unparsed returns how many bytes of an incomplete frame a connection keeps, and in how much
// memory. It may be called while nothing comes from the client.
func (s *Server) Unparsed(id tyg.ConnID) (kept, memory int) {
	c := s.hub.get(id)
	if c == nil || c.partialSince.Load() == 0 {
		return 0, 0
	}
	c.mu.Lock() // orders this before finish
	defer c.mu.Unlock()
	return len(c.unparsed), cap(c.unparsed)
}

// HeardAt returns when bytes of a client were last read, by the clock of s. Set Extensions.Ping.
func (s *Server) HeardAt(id tyg.ConnID) int64 {
	if c := s.hub.get(id); c != nil {
		return c.silentSince.Load()
	}
	return 0
}

// Pieces is a session that reads an incomplete frame in pieces, without a socket.
type Pieces struct {
	Copied int // bytes, without those that Read copied to the buffer as a socket would

	c  session
	rs *readScratch
}

// NewPieces returns Pieces that read as from a socket that blocks, or from one that does not.
func NewPieces(blocks bool) *Pieces {
	p := &Pieces{rs: newScratch(bigBuffer, nil)}
	if blocks {
		p.rs = newScratch(smallBuffer, nil)
	}
	p.c.srv, p.c.reader.Config = new(Server), new(ws.Config)
	return p
}

// Read reads and handles one piece, and returns how many bytes of it had room.
func (p *Pieces) Read(piece []byte) int {
	before := p.c.unparsed
	b, have := p.c.readBuffer(p.rs)
	if have > 0 && &b[0] != &before[0] {
		p.Copied += have
	}
	n := copy(b[have:], piece)
	p.c.handleFrames(p.rs, b[:have+n])
	if &p.c.unparsed[0] != &b[0] {
		p.Copied += len(p.c.unparsed)
	}
	return n
}

// Kept returns how many bytes are kept, and in how much memory.
func (p *Pieces) Kept() (kept, memory int) { return len(p.c.unparsed), cap(p.c.unparsed) }

// MaxAnswers is maxAnswers.
const MaxAnswers = maxAnswers

// Answers are answers to calls that do nothing else.
type Answers struct{ answers }

// Once calls f unless it was called for key.
func (a *Answers) Once(key string, f func()) {
	_, _ = a.once(key, [32]byte{}, func() (sharedAnswer, error) { f(); return sharedAnswer{}, nil })
}

// Len returns how many answers are kept.
func (a *Answers) Len() int { return len(a.byKey) }

// SetRestPatience sets how long a client may rest. Call it after Start.
func (s *Server) SetRestPatience(d time.Duration) { s.inflated.patience = d }

// InflateMost returns the most that one message has cost on the account of all clients.
func (s *Server) InflateMost() time.Duration {
	s.inflated.mu.Lock()
	defer s.inflated.mu.Unlock()
	return s.inflated.most
}

// InflateSpent returns the processor time on the account of all clients, so far.
func (s *Server) InflateSpent() time.Duration {
	s.inflated.mu.Lock()
	defer s.inflated.mu.Unlock()
	return s.inflated.spent
}

// InflateBudget returns how much may be on that account after elapsed, beside one message of each
// client.
func InflateBudget(elapsed time.Duration) time.Duration {
	procs := time.Duration(runtime.GOMAXPROCS(0))
	return procs * (inflateCredit + elapsed/allShare)
}

// An Inflating is the account of one client.
type Inflating struct{ inflating }

// NewInflating returns one, at the time 0.
func NewInflating() *Inflating { return &Inflating{*newInflating(nil, 0)} }

// Receive enters a message at a time, and returns for how long the client rests, and whether it has
// rested too long. all is how long the account of all clients needs to recover.
func (a *Inflating) Receive(
	now time.Duration, wire int, took, all time.Duration,
) (rest time.Duration, ends bool) {
	a.charge(int64(now), wire, took)
	rest = a.rest(int64(now), all)
	return rest, rest > 0 && !a.begin(int64(now), rest, restPatience)
}

// Sweep enforces all time limits as at now.
func (s *Server) Sweep(now time.Time) { s.sweepAt(now) }

// Closing returns how many connections are closing.
func (s *Server) Closing() int { return len(s.closing.list()) }

// Reasons returns the names of all cuts.
func Reasons() []string {
	names := reasonNames()
	return names[:]
}

// NoteAccept notes an accept that failed.
func (s *Server) NoteAccept(err error) { s.noteAccept(err) }

// NewWindow returns the time over which a Shutdown with this DrainWindow, that has to end after
// left, ends n connections.
func NewWindow(configured time.Duration, n int, left time.Duration) time.Duration {
	return (&Server{DrainWindow: configured}).drainWindow(n, left)
}

// SetEnds sets how many connections run their last handlers at the same time during Shutdown. Call
// it after Start.
func (s *Server) SetEnds(n int) { s.ends.slots = make(chan struct{}, n) }

// A ConnectRate is a connectRate.
type ConnectRate struct{ connectRate }

// Admit is admit.
func (r *ConnectRate) Admit(now time.Time, rate int) (retry time.Duration, ok bool) {
	return r.admit(now, rate)
}

// RefusalCauses returns the names of all causes.
func RefusalCauses() []string {
	names := causeNames()
	return names[:]
}

// SetTLSWaiting sets how many clients may wait for a place. Call it after Start.
func (s *Server) SetTLSWaiting(n int64) { s.tlsGate.most = n }

// TLSWaiting returns how many clients wait for a place.
func (s *Server) TLSWaiting() int64 { return s.tlsGate.waiting.Load() }

// Sizes returns the sizes of a session and of a pendingConn.
func Sizes() (sessionSize, pendingSize uintptr) {
	return unsafe.Sizeof(session{}), unsafe.Sizeof(pendingConn{})
}

// SendSize returns how many bytes from the start of a session a send touches before its socket.
func SendSize() uintptr { return unsafe.Offsetof(session{}.sock) }

// Crowd is a crowd.
type Crowd struct{ crowd }

// NewCrowd returns an empty one.
func NewCrowd(max, maxPerAddress int, proxy netip.Prefix) *Crowd {
	c := new(Crowd)
	c.init(&Server{
		limits: Limits{Conns: max, ConnsPerAddress: maxPerAddress}, TrustedProxies: []netip.Prefix{proxy},
	})
	return c
}

// Enter and Leave are enter and leave.
func (c *Crowd) Enter(addr netip.Addr) bool { return c.enter(addr) }

func (c *Crowd) Leave(addr netip.Addr) { c.leave(addr) }

// HeadGate is a headGate.
type HeadGate struct{ g *headGate }

// NewHeadGate returns one with so many slots, and no turns.
func NewHeadGate(slots int) HeadGate {
	c := new(clock)
	c.start()
	return HeadGate{&headGate{slots: make(chan struct{}, slots), clock: c}}
}

// A HeadSlot is a headSlot.
type HeadSlot struct{ s headSlot }

// Enter waits for a slot.
func (g HeadGate) Enter() *HeadSlot { return &HeadSlot{g.g.enter()} }

// Held reports whether there is one.
func (s *HeadSlot) Held() bool { return s.s.held() }

// Pauses returns how often turns have paused in the middle of a message.
func (s *Server) Pauses() int64 { return s.inflated.pauses.Load() }

// InTurn reports whether it is a turn.
func (s *HeadSlot) InTurn() bool { return s.s.visit != nil }

// EnterHead waits for a slot or a turn of the Server's.
func (s *Server) EnterHead() *HeadSlot { return &HeadSlot{s.heads.enter()} }

// A GatedConn is a headConn with a gate.
type GatedConn struct{ *headConn }

// NewGatedConn returns one with one slot.
func NewGatedConn(nc net.Conn) GatedConn {
	return GatedConn{&headConn{Conn: nc, gate: NewHeadGate(1).g}}
}

// HoldsSlot reports whether it has the slot.
func (c GatedConn) HoldsSlot() bool { return c.slot.held() }

// Leave gives it back.
func (s *HeadSlot) Leave() { s.s.leave() }

// HeadSlots returns how many slots and turns are taken.
func (s *Server) HeadSlots() int { return int(s.heads.taken.Load()) }

// AnswersInTurn is answersInTurn.
func (s *Server) AnswersInTurn() bool { return s.answersInTurn() }

// QuietAt returns where in a session the bytes are that most sweeps read, and how many they are.
func QuietAt() (offset, size uintptr) {
	return unsafe.Offsetof(session{}.quiet), unsafe.Sizeof(session{}.quiet)
}
