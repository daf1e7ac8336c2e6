// Package natsd runs a NATS server with JetStream in this process, on loopback: for the processes
// that "tyg local" starts, and for tests. It is the only importer of nats-server.
package natsd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// readiness is how long a server may take to accept connections. It takes 50 ms where nothing else
// runs.
const readiness = 10 * time.Second

// user is the name in every URL; the password is what counts.
const user = "tyg"

// Config says where a server keeps its data and who may connect. The zero Config is a server that
// forgets everything when it stops and that only whoever sees [Server.URL] can reach.
type Config struct {
	// Dir is where JetStream keeps its files. Empty means a temporary folder that Shutdown removes.
	// Two servers must not share one.
	Dir string

	// Password is what clients have to know. Empty means a random one.
	Password string
}

// A Server is a running NATS server on 127.0.0.1, on a port that was free. It logs nothing and
// handles no signals.
type Server struct {
	nats *server.Server
	url  string
	temp string // folder to remove, or empty
}

// Start runs a server and returns when clients can connect.
func Start(cfg Config) (*Server, error) {
	if cfg.Password == "" {
		cfg.Password = rand.Text()
	}
	s := new(Server)
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "tyg-nats-")
		if err != nil {
			return nil, fmt.Errorf("make folder for NATS: %w", err)
		}
		cfg.Dir, s.temp = dir, dir
	}
	if err := s.start(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("start NATS server: %w", err), s.Shutdown())
	}
	return s, nil
}

func (s *Server) start(cfg Config) (err error) {
	// The server itself would only never become ready.
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	s.nats, err = server.NewServer(&server.Options{
		ServerName: "tyg-" + rand.Text()[:8],
		Host:       "127.0.0.1", Port: server.RANDOM_PORT,
		Username: user, Password: cfg.Password,
		NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: cfg.Dir,
		// Nobody but us decides how long a machine may be busy.
		AuthTimeout: readiness.Seconds(),
	})
	if err != nil {
		return err
	}
	// Shutdown stops it and waits for it.
	go s.nats.Start()
	if !s.nats.ReadyForConnections(readiness) {
		return fmt.Errorf("it takes no connections after %v", readiness)
	}
	address, ok := s.nats.Addr().(*net.TCPAddr)
	if !ok {
		return errors.New("it does not listen on TCP")
	}
	s.url = (&url.URL{
		Scheme: "nats", User: url.UserPassword(user, cfg.Password), Host: address.String(),
	}).String()
	return nil
}

// URL returns the address of the server with the credential in it. Whoever has it can do
// everything; do not log it.
func (s *Server) URL() string { return s.url }

// Shutdown stops the server and waits until it has stopped. Clients that are connected are cut off;
// what was acknowledged to them is in Dir.
func (s *Server) Shutdown() error {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
	if s.temp == "" {
		return nil
	}
	return os.RemoveAll(s.temp)
}
