// Package natsd runs a NATS server with JetStream in this process, on loopback: for the processes
// that "tyg local" starts, and for tests. Several servers of fixed machines can be a cluster. It is
// the only importer of nats-server.
package natsd

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tyg-dev/tyg/internal/filelock"
	"github.com/tyg-dev/tyg/internal/scratch"
)

// readyTimeout is how long a server may take to accept connections. On an idle machine it takes
// 50 ms.
const readyTimeout = 30 * time.Second

// handshakeTimeout is how long a client or server that connects may take to prove who it is. The
// default of NATS, two seconds, is too short for a busy machine.
const handshakeTimeout = 10 * time.Second

// user is the user name in every URL; only the password differs.
const user = "tyg"

// Config says where a server keeps its data and which password clients need. With the zero Config
// the data is deleted when the server stops, and the password is random: see [Server.URL].
type Config struct {
	// Dir is where JetStream keeps its files. Empty means a temporary folder that Shutdown removes.
	// Two servers must not share one.
	Dir string

	// Password is the password of clients. Empty means a random one.
	Password string

	// Port is the port for clients. 0 means one that is free.
	Port int

	// Sync makes the server write each change to the disk before it acknowledges it. Without, it does
	// so within two minutes, and a change that all nodes have acknowledged is lost if all of them
	// lose power.
	Sync bool

	// Cluster, if not nil, makes the server a node of a cluster. It needs a Dir of its own.
	Cluster *Cluster
}

// A Server is a running NATS server on 127.0.0.1, on a port that was free. It logs nothing and
// handles no signals.
type Server struct {
	nats *server.Server
	url  string
	temp *scratch.Dir // to remove, or nil
	dir  string       // of JetStream
	free func()       // unlocks dir, or nil

	clustered bool

	every, patience time.Duration // of watch
	quit            chan struct{} // ends watch; nil: it does not run
	watched         chan struct{} // closed when watch has ended
	failed          chan error
}

// Start runs a server and returns when clients can connect.
func Start(cfg Config) (*Server, error) {
	if cfg.Password == "" {
		cfg.Password = rand.Text()
	}
	s := &Server{
		every: watchEvery, patience: offTime, failed: make(chan error, 1),
		clustered: !cfg.Cluster.Alone(),
	}
	if cfg.Cluster != nil {
		if err := cfg.Cluster.Check(); err != nil {
			return nil, fmt.Errorf("start NATS server: %w", err)
		}
		if cfg.Dir == "" {
			return nil, errors.New("start NATS server: a node of a cluster needs a folder that it " +
				"finds again at each start")
		}
	}
	if cfg.Dir == "" {
		dir, err := scratch.New("", "tyg-nats-")
		if err != nil {
			return nil, fmt.Errorf("make folder for NATS: %w", err)
		}
		cfg.Dir, s.temp = dir.Path, dir
	}
	s.dir = cfg.Dir
	err := s.lock()
	if err == nil {
		err = s.start(cfg)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start NATS server: %w", err), s.Shutdown())
	}
	s.startWatch()
	return s, nil
}

// lock makes the folder, without which the server reports no error, but never becomes ready, and
// keeps other servers from it, where the system can.
func (s *Server) lock() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	free, err := filelock.Try(filepath.Join(s.dir, "lock"))
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case errors.Is(err, filelock.ErrLocked):
		return fmt.Errorf("%s is in use by another NATS server; give each a folder of its own", s.dir)
	}
	s.free = free
	return err
}

func (s *Server) start(cfg Config) (err error) {
	options := &server.Options{
		ServerName: "tyg-" + rand.Text()[:8],
		Host:       "127.0.0.1", Port: cmp.Or(cfg.Port, server.RANDOM_PORT),
		Username: user, Password: cfg.Password,
		NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: cfg.Sync,
		// A busy machine may take as long to authenticate as to become ready.
		AuthTimeout: handshakeTimeout.Seconds(),
	}
	if s.clustered {
		if err := setOptions(options, cfg.Cluster); err != nil {
			return err
		}
	}
	if s.nats, err = server.NewServer(options); err != nil {
		return err
	}
	// ends with Shutdown, which waits for it
	go s.nats.Start()
	if !s.nats.ReadyForConnections(readyTimeout) {
		return fmt.Errorf("not ready for connections after %v", readyTimeout)
	}
	address, ok := s.nats.Addr().(*net.TCPAddr)
	if !ok {
		return errors.New("not listening on TCP")
	}
	s.url = (&url.URL{
		Scheme: "nats", User: url.UserPassword(user, cfg.Password), Host: address.String(),
	}).String()
	return nil
}

func (s *Server) startWatch() {
	s.quit, s.watched = make(chan struct{}), make(chan struct{})
	go func() { // Shutdown ends it
		defer close(s.watched)
		s.watch(s.quit, s.failed)
	}()
}

// stopWatch ends watch, if it runs.
func (s *Server) stopWatch() {
	if s.quit != nil {
		close(s.quit)
		<-s.watched
		s.quit = nil
	}
}

// Failed returns a channel with the error of a server that cannot keep data any more. A disk that
// is full for a moment is no failure: the data that was acknowledged is there after it.
func (s *Server) Failed() <-chan error { return s.failed }

// URL returns the address of the server with its credential, which permits everything: do not log
// it.
func (s *Server) URL() string { return s.url }

// Port returns the port for clients.
func (s *Server) Port() int { return s.nats.Addr().(*net.TCPAddr).Port }

// Leads reports whether the server leads the stream of a key-value bucket.
func (s *Server) Leads(bucket string) bool {
	return s.nats.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, "KV_"+bucket)
}

// Shutdown stops the server and waits until it has stopped. It disconnects all clients;
// acknowledged messages are in Dir. What the server leads in a cluster is led by another node from
// then on, without an election; that takes a second.
func (s *Server) Shutdown() error {
	s.stopWatch()
	if s.nats != nil && s.clustered {
		s.nats.LameDuckShutdown()
	}
	return s.end()
}

// Kill stops the server at once, as if its process had died: in a cluster, the others have to elect
// new leaders.
func (s *Server) Kill() {
	s.stopWatch()
	_ = s.end() // only temporary files may be left
}

// end stops the server and removes temporary files.
func (s *Server) end() error {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
	if s.free != nil {
		s.free()
		s.free = nil
	}
	if s.temp == nil {
		return nil
	}
	return s.temp.Remove()
}
