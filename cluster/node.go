package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/connid"
)

// A Node is one gateway of a cluster, and the tyg.Host of its handler: it reaches the connections
// of all nodes. Make it with [Join]. All methods may be called at the same time.
type Node struct {
	// static after join
	cfg      Config
	local    local
	handler  tyg.Handler // that the disconnects of dead nodes are told to
	leaves   bool        // handler wants to know of the end of memberships
	bus      bus
	registry registry
	ledger   ledger // nil: Config.Disconnects is BestEffort
	subjects subjects
	box      string // of the subjects of replies
	nonce    string // of this process in the registry
	program  string
	started  time.Time
	stop     context.CancelFunc
	ctx      context.Context // ends with the node
	ended    sync.WaitGroup

	peers    peers
	interest interest
	calls    calls
	graves   graves
	tasks    chan struct{} // has room for the commands that run beside the reader
	windows  windows       // owned by the reader
	hold     hold          // owned by the reader
	count    counters

	sending sync.Mutex // held from the number of a command until it is published
	seq     uint64     // guarded by sending

	identity atomic.Pointer[identity]
	state    atomic.Value // a state
	fence    fence
	sweeps   sweeps
	closed   sync.Once
	closeErr error

	turn    sync.Mutex // held while the identity or its entry changes
	leaving bool       // guarded by turn

	// When the first write to the registry began after the last one that is known to have taken
	// effect; guarded by turn.
	unanswered time.Time
	reborn     time.Time // guarded by turn; when it got another incarnation
}

var _ tyg.Host = (*Node)(nil)

// An identity is an incarnation of this node.
type identity struct {
	inc         connid.Incarnation
	ids         connid.Maker
	unsubscribe func()

	rev uint64 // of its entry; guarded by turn
}

// local is the host of this node's own connections.
type local interface {
	tyg.Host
	CloseWith(ctx context.Context, id tyg.ConnID, code tyg.CloseCode, reason string) error
}

// maxTasks is how many commands run beside the reader: those that take longer than a queue.
const maxTasks = 1024

// joinTimeout bounds the first contact with the registry and the other nodes.
const joinTimeout = 15 * time.Second

// Join makes srv a node of a cluster. Set all fields of srv before: Join sets Host and NewID, wraps
// Handler, and lets other nodes reach srv, which starts it. At the end, first shut down srv and
// then call Leave. The context bounds Join only.
func Join(ctx context.Context, srv *gateway.Server, cfg Config) (*Node, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("join cluster: %w", err)
	}
	nc, err := cfg.connect("node")
	if err != nil {
		return nil, fmt.Errorf("join cluster %s: %w", cfg.Name, err)
	}
	n := newNode(cfg, srv, srv.Handler)
	n.bus = newNATSBus(nc, cfg.Conn == nil)
	n.hold.holder = srv
	n.interest.hold = max(cfg.Unsubscribe, handshakeTime(srv.Limits))
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if err == nil {
		err = n.openStores(ctx, js)
	}
	if err == nil {
		srv.Host, srv.NewID = n, n.newID
		if n.ledger != nil {
			srv.Handler = newGuard(n, srv.Handler)
			tyg.Bind(n.handler, n) // it may be called for other nodes before srv starts
		}
		err = n.join(ctx) // other nodes may reach srv from here on
	}
	if err != nil {
		n.bus.close()
		return nil, fmt.Errorf("join cluster %s: %w", cfg.Name, err)
	}
	close(n.sweeps.open)
	return n, nil
}

// handshakeTime is how long a connection may be a member of a group before it is open.
func handshakeTime(l gateway.Limits) time.Duration {
	const authorizerAndConnect = 2
	if l.Integration > 0 {
		return authorizerAndConnect * l.Integration
	}
	return authorizerAndConnect * defaultHandlerTime
}

func newNode(cfg Config, l local, h tyg.Handler) *Node {
	n := &Node{
		cfg: cfg, local: l, handler: h, subjects: subjects{cfg.Name}, box: rand.Text(),
		nonce: rand.Text(), program: version(), started: time.Now(),
		tasks: make(chan struct{}, maxTasks), windows: make(windows), registry: noRegistry{},
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	n.peers.init(cfg.Suspect)
	n.interest.init(n)
	n.state.Store(alive)
	n.sweeps.init()
	n.leaves = h != nil && tyg.Describe(h).Leave
	return n
}

// version returns the version of the program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// openStores opens the registry and the ledger. Without JetStream there is no registry.
func (n *Node) openStores(ctx context.Context, js jetstream.JetStream) error {
	_, err := js.AccountInfo(ctx)
	if withoutJetStream(err) {
		if n.cfg.Disconnects == AtLeastOnce {
			return errors.New("disconnects at-least-once needs JetStream, which this NATS server has " +
				"not: start it with --jetstream")
		}
		n.cfg.Logger.Warn("NATS has no JetStream: ids of a node that was killed are answered with 503 "+
			"and never with 410; start it with --jetstream", "cluster", n.cfg.Name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for JetStream: %w", err)
	}
	if n.registry, err = openRegistry(ctx, js, n.cfg.Name, n.cfg.Replicas); err != nil {
		return err
	}
	if n.cfg.Disconnects == AtLeastOnce {
		n.ledger, err = openLedger(ctx, js, n.cfg)
		n.local = fencedLocal{n.local, n}
	}
	return err
}

// withoutJetStream reports whether err is that of a server that has no JetStream.
func withoutJetStream(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}

// join makes the node known.
func (n *Node) join(ctx context.Context) error {
	n.ended.Go(n.read) // ends with the bus; Leave waits for it
	err := n.listen(ctx)
	if err == nil {
		err = n.takeIdentity(ctx)
	}
	if err == nil {
		err = n.greet(ctx)
	}
	if err != nil {
		n.stop()
		n.bus.close()
		n.ended.Wait()
		return err
	}
	n.fence.confirm(time.Now())
	// They end with n.ctx; Leave waits for them.
	n.ended.Go(n.beat)
	n.ended.Go(n.renew)
	n.ended.Go(n.watch)
	n.ended.Go(n.interest.sweep)
	return nil
}

// listen subscribes to what all nodes get.
func (n *Node) listen(ctx context.Context) error {
	for _, subject := range []string{
		n.subjects.replies(n.box) + "*", n.subjects.heartbeat(), n.subjects.all(),
	} {
		if _, err := n.bus.subscribe(subject); err != nil {
			return err
		}
	}
	return n.bus.flush(ctx)
}

// self returns the identity at this moment.
func (n *Node) self() *identity { return n.identity.Load() }

// newID returns the id of a new connection.
func (n *Node) newID() tyg.ConnID { return n.self().ids.New() }

// owner returns the incarnation of the node that has a connection, and whether this is it. What is
// no id belongs to this node, which refuses it.
func (n *Node) owner(id tyg.ConnID) (inc connid.Incarnation, here bool) {
	self := n.self()
	inc, ok := self.ids.Parse(id)
	return inc, !ok || inc == self.inc
}

// Incarnation returns the six hexadecimal digits of this node's incarnation.
func (n *Node) Incarnation() string { return hex(n.self().inc) }

// takeIdentity reserves an incarnation and begins to listen to its commands.
func (n *Node) takeIdentity(ctx context.Context) error {
	for {
		inc := connid.NewIncarnation()
		if inc == 0 { // what an id of zeros has
			continue
		}
		rev, err := n.reserve(ctx, inc)
		if errors.Is(err, errConflict) {
			continue
		}
		if errors.Is(err, jetstream.ErrNoStreamResponse) && pause(ctx, longestWait) {
			continue // NATS elects a leader for the registry
		}
		if err != nil {
			return fmt.Errorf("reserve an incarnation: %w", err)
		}
		unsubscribe, err := n.bus.subscribe(n.subjects.node(hex(inc)))
		if err == nil {
			err = n.bus.flush(ctx)
		}
		if err != nil {
			return err
		}
		n.identity.Store(&identity{
			inc: inc, ids: connid.Maker{Incarnation: inc, Key: n.cfg.Key},
			unsubscribe: unsubscribe, rev: rev,
		})
		return nil
	}
}

// reserve writes the first entry of an incarnation. Without a registry, that no node answers to it
// is all that can be known.
func (n *Node) reserve(ctx context.Context, inc connid.Incarnation) (uint64, error) {
	e := n.entry()
	rev, err := n.registry.write(ctx, inc, e, 0)
	if errors.Is(err, errNoRegistry) {
		m, err := n.exchange(ctx, n.subjects.node(hex(inc)), func() []byte {
			return (&command{op: opPing}).encode()
		})
		switch {
		case err == errNoResponders:
			return 0, nil
		case err == nil && len(m.data) > 0:
			return 0, errConflict
		}
		return 0, err
	}
	if err == nil || errors.Is(err, errConflict) {
		return rev, err
	}
	return n.adopt(ctx, inc, e, err)
}

// adopt returns the revision of the entry of inc if a write of e that failed with err has taken
// effect.
func (n *Node) adopt(
	ctx context.Context, inc connid.Incarnation, e entry, err error,
) (uint64, error) {
	now, rev, readErr := n.registry.read(ctx, inc)
	if readErr == nil && rev != 0 && now == e {
		return rev, nil
	}
	return 0, err
}

// entry is what the registry is to say of this node.
func (n *Node) entry() entry {
	return entry{
		Node: n.cfg.Node, Nonce: n.nonce, State: n.state.Load().(state), Started: n.started.Unix(),
		Renewed: time.Now().Unix(), Ledger: n.ledger != nil,
	}
}

// Leave leaves the cluster: the ids of this node are gone at once, and the others say so. Shut down
// the gateway before. It returns nil if the others know.
func (n *Node) Leave(ctx context.Context) error {
	n.closed.Do(func() { n.closeErr = n.leave(ctx) })
	return n.closeErr
}

func (n *Node) leave(ctx context.Context) error {
	if n.ledger != nil && n.bus.up() {
		ctx, cancel := n.exceptLast(ctx, n.cfg.Timeout)
		_ = n.ledger.flush(ctx) // what is left is told again
		cancel()
	}
	n.turn.Lock()
	n.leaving = true
	self := n.self()
	err := n.declare(ctx, self.inc, self.rev, "left")
	n.turn.Unlock()
	if errors.Is(err, errNoRegistry) {
		err = nil
	}
	if err == nil {
		n.announce(self.inc)
	}
	self.unsubscribe()
	if n.bus.up() { // else there is nothing to wait for
		ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
		if e := n.bus.flush(ctx); err == nil {
			err = e
		}
		n.bus.drain(ctx) // commands from before are answered
		cancel()
	}
	n.stop()
	n.bus.close()
	n.ended.Wait()
	if n.ledger != nil {
		n.ledger.close()
	}
	if err != nil {
		return fmt.Errorf("leave cluster %s: %w; the other nodes notice within %v",
			n.cfg.Name, err, n.cfg.Dead)
	}
	return nil
}

// exceptLast returns a context that ends so long before ctx, or after Config.Dead.
func (n *Node) exceptLast(
	ctx context.Context, d time.Duration,
) (context.Context, context.CancelFunc) {
	left := n.cfg.Dead
	if end, ok := ctx.Deadline(); ok {
		left = min(left, max(time.Until(end)-d, time.Until(end)/2))
	}
	return context.WithTimeout(ctx, left)
}

// Drain says that this node is about to leave. Call it before the gateway shuts down.
func (n *Node) Drain() {
	n.state.Store(draining)
	n.publishHeartbeat(false)
}

// Ready returns nil if clients may connect to this node, else why not.
func (n *Node) Ready() error {
	if n.state.Load() == draining {
		return errors.New("draining")
	}
	if n.ledger != nil && n.fence.shut() {
		return fmt.Errorf("no contact with the registry for %v", n.cfg.Fence)
	}
	return nil
}

// Nodes returns what this node knows of the others, and of itself.
func (n *Node) Nodes() []NodeInfo {
	return append(n.peers.snapshot(), n.heartbeat().info(n.self().inc, time.Now(), false))
}
