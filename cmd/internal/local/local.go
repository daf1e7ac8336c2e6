// Package local is "tyg local": it runs a project on this machine as API Gateway and Lambda would.
// A gateway in this process holds the sockets; the functions of the project run in other processes,
// and are replaced when their source changes, while the sockets stay open.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/dualport"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/scratch"
	"github.com/tyg-dev/tyg/internal/stopsignal"
	"github.com/tyg-dev/tyg/internal/visible"
)

// drainTime bounds how long handlers may take to finish at the end, unless the configuration does.
const drainTime = 30 * time.Second

// tempPrefix begins the names of temporary folders.
const tempPrefix = "tyg-local-"

// Config is what to run, and how.
type Config struct {
	Name string   // of the project, if its program has none
	Dir  string   // of the project
	Addr string   // to listen on
	Args []string // of the project's program

	// Plan reads the configuration of the project. It is called again when a file has changed.
	Plan func() (Plan, error)

	// Origins are the origins of web pages that may connect, beside those of Plan and of
	// loopback, see gateway.Server.
	Origins []string

	// Cert and Key are the PEM files of a certificate, for clients that use wss. Both are empty
	// without one.
	Cert, Key string

	// DynamoDB is where tables are: the URL of an engine, InMemory or OnAWS. If it is empty, the
	// environment and the Plan decide.
	DynamoDB string

	// Prepare is a command that runs once, before the functions start, with their environment, such
	// as one that fills tables. Empty: none.
	Prepare []string

	// Files are the files that Plan reads, as absolute paths.
	Files []string

	// Inspect is the address of the inspector: empty for the port after that of Addr on loopback,
	// or any other that is free; InspectOff for none.
	Inspect string

	// Record is the file in which the session is recorded; empty: none.
	Record string

	TimeScale  float64
	Concurrent int  // messages of one client that are handled at the same time; 0: one
	Processes  int  // of each function at most; 0: as configured, or 1
	Cold       bool // a process for each event
	Freeze     bool // processes without an event are stopped
	NoReload   bool

	Quiet bool // no line for each event
	JSON  bool // print JSON objects only, one a line

	Environ        []string
	Stdout, Stderr io.Writer
}

// Check reports values that no server can have.
func (c Config) Check() error { return gateway.CheckOrigins(c.Origins) }

// A Plan is what the configuration of a project describes.
type Plan struct {
	Name string // of the project, if its configuration has one
	Dir  string // of the project, if it is another than that of the Config

	Origins        []string // of web pages that may connect
	Stage          string   // of the gateway
	StageVariables map[string]string

	// Program has the settings of the Go program, without its command. It counts if there are no
	// Routes.
	Program functions.Function

	// Triggers are the sources of events of the program that are no clients, by name.
	Triggers map[string]Trigger

	// Routes has the functions of a project that is not one Go program.
	Routes *backend.Set

	APIID             string // in events; empty: local
	Region, AccountID string // of AWS, in events and ARNs; the environment's region goes before it

	NATS  string         // the URL of a server, "embedded" for one of its own, or empty
	Drain *time.Duration // how long handlers may take to finish at the end; nil: 30 seconds

	// Places say where functions are configured, by their names: a file and a line.
	Places map[string]string

	// Builds says how the programs of functions are built, by the name of the function.
	Builds map[string]Build

	// Tables are made if they are missing. With UsesTables the functions use others, too, which the
	// configuration does not describe.
	Tables     []Table
	UsesTables bool

	// Notes say what of the configuration is not run here; they are printed once, at the start.
	Notes []string
}

// Run runs a project until ctx ends, and then drains it. It returns nil after a clean shutdown.
func Run(ctx context.Context, cfg Config) (err error) {
	s := &server{cfg: cfg, name: cfg.Name, out: newPrinter(cfg), natsEnded: make(chan error, 1)}
	if s.cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	s.project.Dir = s.cfg.Dir
	if s.plan, err = cfg.Plan(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.tables, err = openTables(cfg, s.plan); err != nil {
		return err
	}
	temp, err := scratch.New("", tempPrefix)
	if err != nil {
		return fmt.Errorf("build project: %w", err)
	}
	defer func() { _ = temp.Remove() }() // on Windows, programs that are running stay
	s.project.Temp = temp.Path
	l, err := listen(cfg.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	return s.run(ctx, l)
}

// check reports a project that cannot be run.
func (s *server) check() error {
	if s.plan.Routes == nil {
		return s.project.Check()
	}
	return s.plan.Routes.Check()
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; choose another port with --port, "+
			"or any free port with --port 0", addr)
	}
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("no permission to listen on %s; choose a port above 1023 with --port, or "+
			`put "addr" below "stages" if it is that of a server`, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// run serves the project on l.
func (s *server) run(ctx context.Context, l net.Listener) error {
	forFunctions, clientTLS, err := s.secure(l)
	if err != nil {
		return err
	}
	defer forFunctions.Close()
	if err := s.lead(forFunctions); err != nil {
		return err
	}
	s.clients = l.Addr()
	s.open(forFunctions)
	defer s.close()
	listeners := []net.Listener{dualport.New(forFunctions, s.outbound.TLS())}
	if clientTLS != nil {
		listeners = append(listeners, dualport.New(l, clientTLS))
	}
	failed := make(chan error, 5) // of all goroutines, so that none blocks
	for i := range listeners {
		listeners[i] = gateway.KeepHeaderNames(s.web, listeners[i])
		defer listeners[i].Close()
	}
	serve := sync.OnceFunc(func() {
		for _, l := range listeners {
			go func() { failed <- s.web.Serve(l) }() // drain or close ends it
		}
	})
	// Before anything runs: what is missing may be why a function does not start.
	s.tell(slices.Concat(s.tables.notes(s.plan, reachable(forFunctions.Addr())), s.plan.Notes))
	if len(s.cfg.Prepare) > 0 {
		serve()
		if err := s.prepare(ctx); err != nil {
			return err
		}
	}
	if err := s.begin(ctx, serve); err != nil {
		return err
	}
	if err := s.gateway.Start(); err != nil {
		return err
	}
	if err := s.serveInspector(failed); err != nil {
		return err
	}
	s.serving.Store(true)
	if err := s.record(failed); err != nil {
		return err
	}
	serve()
	s.tell(s.unwatched())
	s.announce(l.Addr())
	s.startSources()
	watching, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { // ends with ctx, or when watching fails
		defer close(done)
		if err := s.watch(watching); err != nil {
			failed <- err
		}
	}()
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-s.natsEnded:
	}
	stop()
	<-done
	s.stopSources()
	return errors.Join(err, s.drain())
}

// tell prints notes.
func (s *server) tell(notes []string) {
	for _, note := range notes {
		fmt.Fprintf(s.out.notices(), "tyg: %s\n", visible.Line(note))
	}
}

// explain returns err, and prints the messages of the compiler. If ctx has ended, it returns its
// error.
func (s *server) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if build, ok := errors.AsType[*gobuild.Error](err); ok {
		s.out.compiler(build.Output)
	}
	return err
}

// drain closes the sockets and then ends the functions. A signal cuts it short.
func (s *server) drain() error {
	ctx, stop := stopsignal.Cut(context.Background())
	defer stop()
	limit := drainTime
	if s.plan.Drain != nil {
		limit = *s.plan.Drain
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := s.gateway.Shutdown(ctx)
	err = errors.Join(err, s.endRecording())
	_ = s.web.Close() // what is left are calls by functions, which end next
	return errors.Join(err, s.host.Shutdown(ctx))
}
