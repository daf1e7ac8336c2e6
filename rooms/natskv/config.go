package natskv

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg/internal/natsurl"
)

const (
	defaultBucket = "rooms"
	defaultTTL    = 3 * time.Hour // see "Expiry" in package rooms

	// The wait before a reconnect, and the random part added to it. The NATS client's default of
	// 2 s would be most of an outage.
	reconnectWait, reconnectJitter = 100 * time.Millisecond, 100 * time.Millisecond
)

// Config says where members or values are kept. URL or Conn is needed, everything else may be zero.
type Config struct {
	// URL is the address of one NATS server, or of several with commas between, such as
	// "tls://user:password@nats.example.com:4222".
	URL string

	// Conn, if not nil, is used in place of URL; Close leaves it open. It should try forever to
	// reconnect (nats.MaxReconnects(-1)).
	Conn *nats.Conn

	// CredentialsFile is a NATS credentials file: a user's JWT and its key.
	CredentialsFile string

	// TLS, if not nil, enables TLS with this configuration.
	TLS *tls.Config

	// Insecure permits a server on another machine without TLS or without a credential. Access to
	// NATS is access to every member and every value.
	Insecure bool

	// Bucket is the name of the key-value bucket, "rooms" or "values" by default: letters, digits,
	// hyphens and underscores. It is created if it does not exist. A Store and Values need one each.
	Bucket string

	// TTL is how long a member lasts after its Add or its last change, 3 hours by default. All
	// Stores of a bucket should agree.
	TTL time.Duration

	// Replicas is the number of servers that keep a bucket that is created: 1 by default, 3 or 5 in
	// a cluster. An existing bucket is not changed.
	Replicas int

	// Fresh makes Members, Rooms and Find ask the server for its latest revision and wait until the
	// index has it, as Get always does. See the package comment.
	Fresh bool

	// Logger gets events between calls: the loss of the watch. Nil means slog.Default() at the time
	// of the event, because programs open their store before the host sets the default.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Bucket == "" {
		c.Bucket = defaultBucket
	}
	if c.TTL == 0 {
		c.TTL = defaultTTL
	}
	if c.Replicas == 0 {
		c.Replicas = 1
	}
	return c
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}

// bucketPattern is NATS's rule.
// (https://docs.nats.io/nats-concepts/jetstream/key-value-store)
const bucketPattern = `^[A-Za-z0-9_-]{1,200}$`

func (c Config) check() error {
	if ok, _ := regexp.MatchString(bucketPattern, c.Bucket); !ok {
		return fmt.Errorf("bucket %q: use letters, digits, hyphens and underscores", c.Bucket)
	}
	if c.TTL < 0 {
		return fmt.Errorf("time to live %v is negative", c.TTL)
	}
	if c.Conn != nil {
		return nil
	}
	a := natsurl.Access{TLS: c.TLS, CredentialsFile: c.CredentialsFile, Insecure: c.Insecure}
	return a.Check(c.URL)
}

// connect connects, and reconnects until the Store or Values is closed. The purpose is for the
// server's list of its connections.
func (c Config) connect(purpose string) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("tyg " + purpose + " " + c.Bucket),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		// A buffered change would be made after its caller got an error.
		nats.ReconnectBufSize(-1),
	}
	if c.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(c.CredentialsFile))
	}
	if c.TLS != nil {
		options = append(options, nats.Secure(c.TLS))
	}
	return nats.Connect(c.URL, options...)
}
