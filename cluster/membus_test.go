package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/internal/connid"
)

// A network is a NATS that loses, delays, repeats and reorders messages, and says that there are no
// responders where there are.
type network struct {
	mu     sync.Mutex
	rand   *rand.Rand
	buses  []*memBus
	faults faults
}

// faults are what happens to messages. The numbers are probabilities.
type faults struct {
	drop, repeat, refuse float64
	delay                time.Duration // at most; different ones reorder
	apart                map[[2]int]bool

	// A frozen node gets what was sent to it when it thaws, and sends nothing.
	frozen map[int]bool
}

// cut cuts the ways between two nodes, in one direction or both.
func (f *faults) cut(from, to int) {
	if f.apart == nil {
		f.apart = make(map[[2]int]bool)
	}
	f.apart[[2]int{from, to}] = true
}

func newNetwork(seed uint64) *network {
	return &network{rand: rand.New(rand.NewPCG(seed, 0))}
}

func (w *network) set(f faults) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = f
	for _, b := range w.buses {
		if !f.frozen[b.number] {
			for _, m := range b.held {
				b.deliver(m)
			}
			b.held = nil
		}
	}
}

func (w *network) newBus() *memBus {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &memBus{
		net: w, number: len(w.buses), subjects: make(map[string]int),
		inbox: make(chan message, inboxSize), done: make(chan struct{}),
	}
	w.buses = append(w.buses, b)
	return b
}

// A memBus is a node's connection to a network.
type memBus struct {
	net      *network
	number   int
	subjects map[string]int // guarded by net.mu
	held     []message      // guarded by net.mu; for the time when it thaws
	inbox    chan message
	once     sync.Once
	done     chan struct{}
}

var _ bus = (*memBus)(nil)

func (b *memBus) subscribe(subject string) (func(), error) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.subjects[subject]++
	return func() {
		b.net.mu.Lock()
		defer b.net.mu.Unlock()
		b.subjects[subject]--
	}, nil
}

// wants reports whether b is subscribed. The lock is held.
func (b *memBus) wants(subject string) bool {
	if b.subjects[subject] > 0 {
		return true
	}
	i := strings.LastIndexByte(subject, '.')
	return b.subjects[subject[:i+1]+"*"] > 0
}

func (b *memBus) publish(subject, reply string, data []byte) error {
	select {
	case <-b.done:
		return errNotSent
	default:
	}
	w := b.net
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.faults.frozen[b.number] {
		return nil
	}
	m := message{subject: subject, reply: reply, data: slices.Clone(data)}
	reached := false
	refused := w.rand.Float64() < w.faults.refuse && reply != ""
	for _, to := range w.buses {
		if refused || !to.wants(subject) || w.faults.apart[[2]int{b.number, to.number}] {
			continue
		}
		reached = true
		w.send(to, m)
		if w.rand.Float64() < w.faults.repeat {
			w.send(to, m)
		}
	}
	if !reached && reply != "" {
		b.deliver(message{subject: reply, noResponders: true})
	}
	return nil
}

// send delivers a message, perhaps later or never. The lock is held.
func (w *network) send(to *memBus, m message) {
	if w.rand.Float64() < w.faults.drop {
		return
	}
	if w.faults.frozen[to.number] {
		to.held = append(to.held, m)
		return
	}
	if w.faults.delay > 0 {
		time.AfterFunc(rand.N(w.faults.delay), func() { to.deliver(m) })
		return
	}
	to.deliver(m)
}

func (b *memBus) deliver(m message) {
	select {
	case b.inbox <- m:
	case <-b.done:
	}
}

func (b *memBus) receive() (message, bool) {
	select {
	case m := <-b.inbox:
		return m, true
	case <-b.done:
		return message{}, false
	}
}

func (b *memBus) flush(context.Context) error { return nil }
func (b *memBus) drain(context.Context)       {}
func (b *memBus) up() bool                    { return true }
func (b *memBus) waiting() int                { return len(b.inbox) }
func (b *memBus) traffic() traffic            { return traffic{} }
func (b *memBus) maxPayload() int             { return 1 << 20 }

func (b *memBus) close() {
	b.once.Do(func() {
		b.net.mu.Lock()
		clear(b.subjects)
		b.net.mu.Unlock()
		close(b.done)
	})
}

// A store is a JetStream: a registry and a ledger.
type store struct {
	mu      sync.Mutex
	rand    *rand.Rand
	away    map[int]bool // nodes that cannot reach it
	hangs   map[int]bool // nodes whose calls get no answer
	all     bool         // none can
	blurred float64      // the probability that a write succeeds and says that it failed
	elects  int          // so many writes find no leader
	last    uint64
	entries map[connid.Incarnation]memEntry
	records map[string]*memRecord // by incarnation and key
}

type memEntry struct {
	entry
	rev uint64
}

type memRecord struct {
	data  []byte
	tries int
	until time.Time // when another node may take it
}

func newStore(seed uint64) *store {
	return &store{
		rand: rand.New(rand.NewPCG(seed, 1)), entries: make(map[connid.Incarnation]memEntry),
		away: make(map[int]bool), hangs: make(map[int]bool), records: make(map[string]*memRecord),
	}
}

var errAway = errors.New("JetStream is away")

// A memStore is a node's way to a store.
type memStore struct {
	*store
	number int
	wait   time.Duration
}

var (
	_ registry = memStore{}
	_ ledger   = memStore{}
)

// reach takes the lock if the node reaches the store. Else it fails after the time that a request
// takes to give up.
func (s memStore) reach(ctx context.Context) error {
	s.mu.Lock()
	if s.hangs[s.number] {
		s.mu.Unlock()
		<-ctx.Done()
		return ctx.Err()
	}
	if !s.all && !s.away[s.number] {
		return nil
	}
	s.mu.Unlock()
	pause(ctx, time.Second)
	return errAway
}

func (s memStore) write(
	ctx context.Context, inc connid.Incarnation, e entry, rev uint64,
) (uint64, error) {
	if err := s.reach(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if s.elects > 0 {
		s.elects--
		return 0, fmt.Errorf("write to the registry: %w", jetstream.ErrNoStreamResponse)
	}
	if s.entries[inc].rev != rev {
		return 0, errConflict
	}
	s.last++
	s.entries[inc] = memEntry{e, s.last}
	if s.rand.Float64() < s.blurred {
		return 0, errAway
	}
	return s.last, nil
}

func (s memStore) read(ctx context.Context, inc connid.Incarnation) (entry, uint64, error) {
	if err := s.reach(ctx); err != nil {
		return entry{}, 0, err
	}
	defer s.mu.Unlock()
	return s.entries[inc].entry, s.entries[inc].rev, nil
}

func (s memStore) list(ctx context.Context) (map[connid.Incarnation]entry, error) {
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	all := make(map[connid.Incarnation]entry)
	for inc, e := range s.entries {
		all[inc] = e.entry
	}
	return all, nil
}

func (s memStore) record(
	ctx context.Context, inc connid.Incarnation, key string, data []byte,
) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.records[hex(inc)+"."+key] = &memRecord{data: data}
	return nil
}

func (s memStore) erase(inc connid.Incarnation, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.records {
		if strings.HasPrefix(k, hex(inc)+"."+strings.TrimSuffix(key, ">")) {
			delete(s.records, k)
		}
	}
}

func (s memStore) flush(context.Context) error { return nil }
func (s memStore) close()                      {}

func (s memStore) sweep(
	ctx context.Context, inc connid.Incarnation, kind recordKind, f func(record) error,
) error {
	for {
		if err := s.reach(ctx); err != nil {
			return err
		}
		key, r, left := s.take(inc, kind)
		s.mu.Unlock()
		switch {
		case left == 0:
			return nil
		case key == "":
			if !pause(ctx, 100*time.Millisecond) {
				return ctx.Err()
			}
			continue
		}
		if err := f(r); err == nil && ctx.Err() == nil {
			s.mu.Lock()
			delete(s.records, key)
			s.mu.Unlock()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// take takes a record that no node has. The lock is held.
func (s memStore) take(
	inc connid.Incarnation, kind recordKind,
) (key string, r record, left int) {
	for k, candidate := range s.records {
		if !strings.HasPrefix(k, hex(inc)+".") || strings.HasSuffix(k, ".c") != (kind == connRecords) {
			continue
		}
		left++
		if key == "" && time.Now().After(candidate.until) {
			candidate.tries++
			candidate.until = time.Now().Add(s.wait)
			key, r = k, record{candidate.data, candidate.tries}
		}
	}
	return key, r, left
}
