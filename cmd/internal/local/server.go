package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/handlerswitch"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/webserver"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
	"github.com/tyg-dev/tyg/internal/functions/outbound"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/pages"
)

// A server runs a project.
type server struct {
	cfg      Config
	out      *printer
	project  gobuild.Project
	gateway  *gateway.Server
	web      *http.Server
	handlers *handlerswitch.Switch
	pages    pages.Switch
	events   eventLog
	host     *functions.Host
	nats     *companion.Child // a NATS server; nil until a program needs it
	natsURL  string           // of nats, with its password

	inspect      *inspect.Inspector
	inspectWeb   *http.Server
	inspectToken string
	inspectURL   string       // with its token; empty: there is none
	recording    func() error // ends it; nil: there is none
	clients      net.Addr     // of the listener for clients

	place    backend.Place      // what functions learn of the gateway
	outbound *outbound.Outbound // for the calls of functions
	tables   tables

	natsEnded chan error  // how nats has ended
	serving   atomic.Bool // the project has started

	// owned by run until it has started the gateway, then by watch
	name      string   // of the project
	triggers  []string // that the program handles
	sourcesOn sources
	plan      Plan
	sources   *gobuild.Sources
	now       version
}

// apiID returns the id of the API in events.
func (s *server) apiID() string { return cmp.Or(s.plan.APIID, "local") }

// functionKey is the variable in which package lambda finds a key for calls of this gateway, where
// the environment has none: a key in AWS_ACCESS_KEY_ID would hide the developer's own profile.
const functionKey = "TYG_FUNCTION_KEY"

// open makes everything that lives as long as the server. The functions get the environment of this
// process and the address of the gateway. If SDKs find no credentials there, they get credentials
// that are valid for this gateway only.
func (s *server) open(l net.Listener) {
	address := reachable(l.Addr())
	local := "http://" + address
	s.place = backend.Place{
		Stage: s.plan.Stage, APIID: s.apiID(), Domain: address, StageVariables: s.plan.StageVariables,
	}
	s.host = &functions.Host{
		Environ: slices.Concat(s.cfg.Environ, s.outbound.Environ(), s.tables.environ(address)),
		Output:  s.line, Shown: true, Warn: s.out.warning, Started: s.started,
		ManagementEndpoint: local + "/" + s.plan.Stage, InvokeEndpoint: local,
		API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.gateway.ServeFunction(w, r)
		}),
	}
	own := readProfile(s.cfg.Environ)
	s.host.Region = cmp.Or(
		first(s.cfg.Environ, "AWS_REGION", "AWS_DEFAULT_REGION"), s.plan.Region, own.region)
	s.host.AccountID = s.plan.AccountID
	key := functions.Credentials{AccessKeyID: "TYGLOCAL", SecretAccessKey: rand.Text()}
	s.host.Env = map[string]string{functionKey: key.AccessKeyID + ":" + key.SecretAccessKey}
	if !own.signs {
		s.host.Credentials = key
	}
	s.events.printer = s.out
	s.handlers = &handlerswitch.Switch{StageVariables: s.plan.StageVariables, Routed: s.routed}
	logger := slog.New(logHandler{printer: s.out})
	s.gateway = &gateway.Server{
		Handler: s.handlers,
		HTTP:    &s.pages,
		Stage:   s.plan.Stage,
		APIID:   s.apiID(),
		Logger:  logger,
		Trace:   gateway.Trace{Handled: s.events.handled},
		Origins: Origins(s.plan.Origins, s.cfg.Origins),

		StageVariables: s.plan.StageVariables,
		TimeScale:      s.cfg.TimeScale,
		Extensions:     gateway.Extensions{Concurrency: s.cfg.Concurrent},
		DrainWindow:    -1, // no other server gets its clients
	}
	s.inspect = s.newInspector(l)
	api := &invokeapi.Handler{Host: s.host, Logger: logger}
	// Not a ServeMux: it redirects paths for which the gateway has answers of its own.
	s.web = webserver.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.outbound.Localize(r)
		switch {
		case s.tables.serves(r):
			s.tables.engine.ServeHTTP(w, r)
		case !s.serving.Load():
			notYet(w)
		case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
			api.ServeHTTP(w, r)
		default:
			s.gateway.ServeHTTP(w, r)
		}
	}), logger)
}

// lead leads the calls of functions to the gateway, also at the addresses that they build. Without
// it they reach it at the configured endpoint only.
func (s *server) lead(l net.Listener) (err error) {
	s.outbound, err = outbound.Open(outbound.Config{
		Gateway: reachable(l.Addr()), APIID: s.apiID(), Dir: s.project.Temp, Environ: s.cfg.Environ,
		DynamoDB:  s.tables.engine != nil,
		Elsewhere: func(text string) { s.tell([]string{text}) },
	})
	return err
}

// close ends what drain has left running.
func (s *server) close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // do not wait for handlers
	s.stopSources()
	_ = s.web.Close()
	s.inspect.Close()
	if s.inspectWeb != nil {
		_ = s.inspectWeb.Close()
	}
	_ = s.host.Shutdown(ctx)
	_ = s.outbound.Close()
	if s.nats != nil {
		_ = s.nats.Stop() // a temporary folder may stay
	}
}

// url returns the URL of the gateway for clients on this machine.
func (s *server) url(addr net.Addr) string {
	return s.origin(addr) + "/" + s.plan.Stage + "/"
}

// origin returns the URL of the gateway without its path.
func (s *server) origin(addr net.Addr) string {
	if s.cfg.Cert != "" {
		return "wss://" + reachable(addr)
	}
	return "ws://" + reachable(addr)
}

// announce says where the project is served.
func (s *server) announce(addr net.Addr) {
	page := ""
	if s.pages.Has() {
		page = strings.Replace(s.origin(addr), "ws", "http", 1) + "/"
	}
	s.out.banner(entry{
		URL: s.url(addr), Page: page, Inspect: s.inspectURL, Text: s.name, Routes: s.handlers.Routes(),
	})
}

// reachable returns an address by which programs on this machine reach a listener.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr.String()
}

// shared returns the variables by which the processes of a function find the state that they share:
// a NATS server, unless the environment names one. It is that of the configuration; or one that
// this process runs, if the configuration asks for it, or if the function is a program that can use
// it and has no table.
func (s *server) shared(
	ctx context.Context, nats string, env map[string]string,
) (map[string]string, error) {
	has := func(name string) bool { return isSet(s.cfg.Environ, name) || env[name] != "" }
	switch {
	case has(natsVariable):
		return nil, nil
	case nats != "" && nats != project.EmbeddedNATS:
		return map[string]string{natsVariable: nats}, nil
	case nats == "" && (has(tableVariable) || !s.importsNATS()):
		return nil, nil
	}
	if s.nats == nil {
		if err := s.startNATS(ctx); err != nil {
			return nil, err
		}
	}
	return map[string]string{natsVariable: s.natsURL}, nil
}

// importsNATS reports whether the project is a Go program with a client of NATS.
func (s *server) importsNATS() bool {
	return s.sources != nil && s.sources.Packages["github.com/nats-io/nats.go"]
}

// startNATS runs tyg-nats until close.
func (s *server) startNATS(ctx context.Context) (err error) {
	if s.nats, s.natsURL, err = companion.StartNATS(ctx, s.out.notices()); err != nil {
		return err
	}
	go func(nats *companion.Child) { // ends with the child, which close stops
		<-nats.Done()
		s.natsEnded <- fmt.Errorf("tyg-nats has ended (%v), and the state of the program with it; "+
			"start tyg local again", nats.Err())
	}(s.nats)
	return nil
}

// tableVariable names the DynamoDB table of a program, see package rooms/storage.
const tableVariable = "TABLE"

// natsVariable names a NATS server, see packages rooms/storage and host.
const natsVariable = "TYG_NATS_URL"

// The build tags of storage. With localTag, package host leaves NATS out: the values of functions
// are in the gateway, and most programs need no client of NATS.
const (
	dynamoTag = "tyg.dynamo"
	natsTag   = "tyg.nats"
	localTag  = "tyg.local"
)

// storageTags returns the build tags of the storage that the functions of a program get: DynamoDB
// if its environment names a table, else NATS. The variables of env count if environ does not set
// them.
func storageTags(environ []string, env map[string]string) []string {
	if isSet(environ, tableVariable) || env[tableVariable] != "" {
		return []string{dynamoTag}
	}
	return []string{natsTag, localTag}
}

// inProcessTags returns the build tags of a program without functions, whose values are on NATS if
// its environment names a server.
func inProcessTags(environ []string) []string {
	tags := storageTags(environ, nil)
	switch {
	case !isSet(environ, natsVariable):
		return tags
	case isSet(environ, tableVariable):
		return append(tags, natsTag)
	}
	return []string{natsTag}
}

func isSet(environ []string, name string) bool {
	return slices.ContainsFunc(environ, func(entry string) bool {
		return strings.HasPrefix(entry, name+"=") && len(entry) > len(name)+1
	})
}

// initTimeout is how long a process may take to start where the configuration says nothing: longer
// than Lambda's ten seconds, because a machine that builds and tests meanwhile loads an SDK slowly,
// and all functions start at the same time.
const initTimeout = 30 * time.Second

// tune applies the flags to a function. By default there is one process, so that a program that
// keeps state in memory does what it does under "go run .".
func (s *server) tune(fn functions.Function) functions.Function {
	fn.Concurrency = cmp.Or(s.cfg.Processes, fn.Concurrency)
	if fn.Concurrency == 0 && !s.cfg.Cold {
		fn.Concurrency, fn.Queue = 1, true // "aws lambda invoke" waits for the one process
	}
	fn.Cold, fn.Freeze = s.cfg.Cold, s.cfg.Freeze
	fn.InitTimeout = cmp.Or(fn.InitTimeout, initTimeout)
	return fn
}
