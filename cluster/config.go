package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg/internal/natsurl"
)

// Config says where the cluster is and how patient its nodes are. URL or Conn is needed, everything
// else may be zero. All nodes of a cluster should have the same Config, but for Node.
type Config struct {
	// URL is the address of one NATS server, or of several with commas between.
	URL string

	// Conn, if not nil, is used in place of URL; Leave leaves it open. It should be made with
	// [Options].
	Conn *nats.Conn

	// CredentialsFile is a NATS credentials file: a user's JWT and its key.
	CredentialsFile string

	// TLS, if not nil, enables TLS with this configuration.
	TLS *tls.Config

	// Insecure permits a server on another machine without TLS or without a credential. Access to
	// NATS is control of every connection.
	Insecure bool

	// Name is the name of the cluster, "tyg" by default: letters, digits, hyphens and underscores.
	// Subjects and streams begin with it, so clusters with different names share a NATS server.
	Name string

	// Node is the name of this node. No two processes that run at the same time may have the same: a
	// node that joins declares dead the one that had its name, unless that one answers. Empty means
	// that the node has no name, and that the others wait for Dead when it was killed.
	Node string

	// Key hides in connection ids which node has them. All nodes need the same.
	Key []byte

	// Heartbeat is the time between two heartbeats, 1 second by default. A node that was silent for
	// Suspect, by default 5 heartbeats, is asked whether it is there before it gets a command. One
	// that was silent for Dead, 30 seconds by default, and has not written to the registry for as
	// long, is declared dead. Dead should be longer than handlers may run.
	Heartbeat, Suspect, Dead time.Duration

	// Renew is the time between two writes of a node to the registry, 5 seconds by default. With
	// AtLeastOnce, a node that has not succeeded for Fence, 20 seconds by default, closes its
	// clients. Fence must be longer than JetStream may be without a leader, and shorter than Dead.
	Renew, Fence time.Duration

	// Retry is for how long a command is tried again that reaches no node, 1 second by default.
	Retry time.Duration

	// Timeout is how long a command waits for its answer, 5 seconds by default, and never longer than
	// its context.
	Timeout time.Duration

	// Unsubscribe is how long a node that has no member of a group any more still gets its messages,
	// 5 seconds by default.
	Unsubscribe time.Duration

	// Shards, if not 0, is the number of subjects that all groups share. Each group has a subject of
	// its own otherwise, which costs NATS about 1 KB for each group and node. With a million small
	// groups, 1024 shards cost a node messages of groups that it has no member of instead.
	Shards int

	// Replicas is the number of servers of JetStream that keep the registry and the ledger: 1 by
	// default, 3 or 5 where NATS is a cluster. Existing ones are not changed.
	Replicas int

	// Disconnects says what becomes of the disconnect handlers of a node that is killed.
	Disconnects Disconnects

	// SweepRate is how many of those this node calls in a second, 500 by default.
	SweepRate int

	// HandlerTime bounds one of those, 29 seconds by default.
	HandlerTime time.Duration

	// Redeliver is after how long a disconnect goes to another node if the one that was to call its
	// handler shows no life, 6 seconds by default.
	Redeliver time.Duration

	// OnDrain, if not nil, is called when [Drain] asks this node to leave, on a goroutine of its own.
	// Without it, Drain returns an error.
	OnDrain func()

	// Logger gets what no call returns. Nil means slog.Default().
	Logger *slog.Logger
}

// Disconnects says what becomes of the disconnect handlers of a node that is killed.
type Disconnects uint8

const (
	// BestEffort runs each disconnect handler exactly once if its node lives or drains, and not at
	// all if it is killed, as at API Gateway.
	BestEffort Disconnects = iota

	// AtLeastOnce has the other nodes run those of a node that is killed. It needs JetStream.
	AtLeastOnce
)

// String returns "best-effort" or "at-least-once".
func (d Disconnects) String() string {
	switch d {
	case BestEffort:
		return "best-effort"
	case AtLeastOnce:
		return "at-least-once"
	}
	return fmt.Sprintf("Disconnects(%d)", uint8(d))
}

// UnmarshalText reads "best-effort" or "at-least-once". No text is best effort.
func (d *Disconnects) UnmarshalText(text []byte) error {
	switch string(text) {
	case "", "best-effort":
		*d = BestEffort
	case "at-least-once":
		*d = AtLeastOnce
	default:
		return fmt.Errorf("disconnects %q: use best-effort or at-least-once", text)
	}
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (d Disconnects) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

const (
	defaultName        = "tyg"
	defaultHeartbeat   = time.Second
	defaultDead        = 30 * time.Second
	defaultRenew       = 5 * time.Second
	defaultFence       = 20 * time.Second
	defaultRetry       = time.Second
	defaultTimeout     = 5 * time.Second
	defaultUnsubscribe = 5 * time.Second
	defaultSweepRate   = 500
	defaultHandlerTime = 29 * time.Second
	defaultRedeliver   = 6 * time.Second
	suspectHeartbeats  = 5
)

func (c Config) withDefaults() Config {
	orDefault(&c.Name, defaultName)
	orDefault(&c.Heartbeat, defaultHeartbeat)
	orDefault(&c.Suspect, suspectHeartbeats*c.Heartbeat)
	orDefault(&c.Dead, defaultDead)
	orDefault(&c.Renew, defaultRenew)
	orDefault(&c.Fence, defaultFence)
	orDefault(&c.Retry, defaultRetry)
	orDefault(&c.Timeout, defaultTimeout)
	orDefault(&c.Unsubscribe, defaultUnsubscribe)
	orDefault(&c.Replicas, 1)
	orDefault(&c.SweepRate, defaultSweepRate)
	orDefault(&c.HandlerTime, defaultHandlerTime)
	orDefault(&c.Redeliver, defaultRedeliver)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// namePattern is what may be in a token of a NATS subject and in the name of a stream.
const namePattern = `^[A-Za-z0-9_-]{1,100}$`

func (c Config) check() error {
	if ok, _ := regexp.MatchString(namePattern, c.Name); !ok {
		return fmt.Errorf("name %q: use letters, digits, hyphens and underscores", c.Name)
	}
	for name, d := range map[string]time.Duration{
		"heartbeat": c.Heartbeat, "suspect": c.Suspect, "dead": c.Dead, "renew": c.Renew,
		"fence": c.Fence, "retry": c.Retry, "timeout": c.Timeout, "unsubscribe": c.Unsubscribe,
		"handler time": c.HandlerTime, "redeliver": c.Redeliver,
	} {
		if d < 0 {
			return fmt.Errorf("%s %v: use a time above 0", name, d)
		}
	}
	switch {
	case c.Suspect < 2*c.Heartbeat:
		return fmt.Errorf("suspect %v is less than two heartbeats of %v", c.Suspect, c.Heartbeat)
	case c.Dead <= c.Suspect:
		return fmt.Errorf("dead %v is not longer than suspect %v", c.Dead, c.Suspect)
	case c.Fence >= c.Dead:
		return fmt.Errorf("fence %v is not shorter than dead %v: a node must close its clients before "+
			"others take them for lost", c.Fence, c.Dead)
	case c.Renew*2 > c.Fence:
		return fmt.Errorf("renew %v is more than half of fence %v", c.Renew, c.Fence)
	case c.Shards < 0 || c.SweepRate < 0 || c.Replicas < 0:
		return errors.New("shards, sweep rate and replicas must not be negative")
	}
	return c.checkServers()
}

// checkServers refuses unencrypted connections to other machines.
func (c Config) checkServers() error {
	if c.Conn != nil {
		return nil
	}
	a := natsurl.Access{TLS: c.TLS, CredentialsFile: c.CredentialsFile, Insecure: c.Insecure}
	return a.Check(c.URL)
}

const (
	// The wait before a reconnect, and the random part added to it. The default of 2 s would be most
	// of an outage.
	reconnectWait, reconnectJitter = 50 * time.Millisecond, 50 * time.Millisecond

	// A server that is frozen is noticed after pingInterval × maxPings. The defaults are 2 minutes
	// and 2.
	pingInterval = 2 * time.Second
	maxPings     = 2

	// flushTimeout bounds a write to a server that does not read. The default is a minute.
	flushTimeout = 2 * time.Second
)

// Options are the options of a NATS connection that a cluster works well with: it reconnects at
// once and without end, notices a frozen server within seconds, and keeps nothing while it is
// disconnected, because that would be sent when its caller has long got an error.
func Options() []nats.Option {
	return []nats.Option{
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPings),
		nats.FlusherTimeout(flushTimeout),
	}
}

// connect connects to NATS.
func (c Config) connect(purpose string) (*nats.Conn, error) {
	if c.Conn != nil {
		return c.Conn, nil
	}
	options := append(Options(), nats.Name("tyg "+purpose+" "+c.Name), nats.NoEcho())
	if c.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(c.CredentialsFile))
	}
	if c.TLS != nil {
		options = append(options, nats.Secure(c.TLS))
	}
	nc, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, nil
}
