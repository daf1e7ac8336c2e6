//go:build !tyg.lambda

package host

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// Config says how to serve an application in this process. The zero Config serves it at
// ws://127.0.0.1:8000/api/.
type Config struct {
	// Addr is the TCP address to listen on, "127.0.0.1:8000" by default. Port 0 picks a free one.
	Addr string

	// Listener, if not nil, is used in place of Addr. Serve closes it.
	Listener net.Listener

	// Name is that of the application where people see it: the banner, the page at / and the
	// inspector. Empty means the App's own.
	Name string

	// Stage is the first part of the URL's path, "api" by default.
	Stage string

	// Values keeps the shared values of the application (tyg.Value), such as those of package natskv.
	// Nil keeps them in the memory of this process. Serve does not close it.
	Values tyg.Values

	// Join, if not nil, makes the gateway a member of a cluster: see package cluster. Serve leaves it
	// at the end.
	Join JoinFunc

	// Disconnects is "best-effort", the default, or "at-least-once": the disconnect handlers of a
	// process that is killed are run later. In a cluster other members run them, see Join; else the
	// next process does, before clients can connect.
	Disconnects string

	// DisconnectsFile is where a process without Join keeps what the next one needs for that,
	// ".tyg/disconnects.log" by default. Two processes cannot use one at the same time.
	DisconnectsFile string

	// HTTP gets the requests that are neither for the WebSocket nor for the @connections API. Nil
	// serves the pages of the application (tyg.App.Pages), if it has any.
	HTTP http.Handler

	// Hosts are the names by which clients may call the server, see gateway.Server.
	Hosts []string

	// Origins are the origins of web pages that may connect, see gateway.Server.
	Origins []string

	// CertFile and KeyFile are PEM files. With them the server speaks TLS only. It loads them again
	// when their content changes.
	CertFile, KeyFile string

	// Drain is how long handlers may take to finish when the server stops: 30 seconds by default.
	Drain time.Duration

	// DrainDelay is how long clients are still accepted when the server is told to stop, for load
	// balancers that go on sending them for a while. Zero is none.
	DrainDelay time.Duration

	// DrainWindow is how long the ends of connections are spread over, see gateway.Server: half of
	// Drain at most. Zero is as many as the number of connections asks for; negative ends all at
	// once.
	DrainWindow time.Duration

	// Profile is the limits and extensions. The zero Profile is API Gateway's;
	// gateway.NewProfile("server") suits applications that stay on your own machines.
	Profile gateway.Profile

	// TimeScale makes API Gateway's time limits pass so many times faster, see gateway.Server.
	TimeScale float64

	// Secrets are the access keys that may call the @connections API, see gateway.Server.
	Secrets map[string]string

	// AdminAddr is the TCP address of a listener with health (/livez, /readyz) and metrics in the
	// format of Prometheus (/metrics), which clients should not reach. Empty means none.
	AdminAddr string

	// Inspect is the TCP address of the inspector, a web page that shows each message and what it
	// causes. Who opens it may send to and close any connection. Empty means none.
	Inspect string

	// InspectToken is what users of the inspector have to know, 16 characters or more. Empty means a
	// new one, which Out gets; then Inspect must be an address of this machine.
	InspectToken string

	// AccessLog, if not nil, gets a line for each event.
	AccessLog *gateway.AccessLog

	// Logger gets the errors that no call returns. Nil means slog.Default().
	Logger *slog.Logger

	// Out, if not nil, gets the line that says where the application is served.
	Out io.Writer
}

const (
	defaultAddr  = "127.0.0.1:8000"
	defaultStage = "api"
	defaultDrain = 30 * time.Second
	defaultFile  = ".tyg/disconnects.log"
)

// What Config.Disconnects may be.
const (
	bestEffort  = "best-effort"
	atLeastOnce = "at-least-once"
)

// stagePattern is API Gateway's rule for the name of a stage.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-stages.html)
const stagePattern = `^[A-Za-z0-9_-]{1,128}$`

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = defaultAddr
	}
	if c.Stage == "" {
		c.Stage = defaultStage
	}
	if c.Drain == 0 {
		c.Drain = defaultDrain
	}
	if c.DisconnectsFile == "" {
		c.DisconnectsFile = filepath.FromSlash(defaultFile)
	}
	return c
}

func (c Config) check() error {
	if ok, _ := regexp.MatchString(stagePattern, c.Stage); !ok {
		return fmt.Errorf("stage %q: use up to 128 letters, digits, hyphens and underscores", c.Stage)
	}
	if !(c.TimeScale >= 0) || math.IsInf(c.TimeScale, 1) {
		return fmt.Errorf("time scale %v: use a number above 0, such as 600", c.TimeScale)
	}
	if err := c.checkInspect(); err != nil {
		return err
	}
	if c.DrainDelay < 0 {
		return fmt.Errorf("drain delay %v: use a time such as 5s, or 0s for none", c.DrainDelay)
	}
	if drain := c.withDefaults().Drain; c.DrainWindow > drain/2 {
		return fmt.Errorf("drain window %v: use at most %v, half of the drain time, or make that longer",
			c.DrainWindow, drain/2)
	}
	switch c.Disconnects {
	case "", bestEffort, atLeastOnce:
	default:
		return fmt.Errorf("disconnects %q: use %s or %s", c.Disconnects, bestEffort, atLeastOnce)
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("TLS needs both a certificate and a key (-cert and -key)")
	}
	return nil
}

func (c Config) secure() bool { return c.CertFile != "" }

// options are a Config as the command line writes it.
type options struct {
	Config
	origins, hosts   string
	quiet, accessLog bool
	profile          profileflag.Flags
}

// flags defines the command line.
func (o *options) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.Addr, "addr", defaultAddr, "`address` to listen on; port 0 picks a free one")
	fs.StringVar(&o.Name, "app-name", "",
		"`name` of the application; the program's own, if there is none")
	fs.StringVar(&o.Stage, "stage", defaultStage, "first part of the URL's path")
	fs.StringVar(&o.origins, "origin", "",
		"`origins` of web pages that may connect, separated by commas")
	fs.StringVar(&o.hosts, "host", "",
		"`names` by which clients may call the server, separated by commas; all, if there are none")
	fs.StringVar(&o.CertFile, "cert", "", "TLS certificate, PEM `file`")
	fs.StringVar(&o.KeyFile, "key", "", "TLS key, PEM `file`")
	fs.DurationVar(&o.Drain, "drain", defaultDrain, "how long handlers may take to finish at the end")
	fs.StringVar(&o.AdminAddr, "admin-addr", "",
		"serve health and metrics at this `address`, such as 127.0.0.1:9090")
	fs.StringVar(&o.Inspect, "inspect", "",
		"serve a page that shows each message at this `address`; its token is TYG_INSPECT_TOKEN")
	fs.DurationVar(&o.DrainDelay, "drain-delay", 0, "how long clients are still accepted at the end")
	fs.DurationVar(&o.DrainWindow, "drain-window", 0, "how long the ends of connections are spread "+
		"over (by their number; -1s: at once)")
	fs.StringVar(&o.Disconnects, "disconnects", "",
		"best-effort, the default, or at-least-once: the disconnect handlers of a process that is "+
			"killed are run by other nodes of its cluster, or without one by the next process")
	fs.StringVar(&o.DisconnectsFile, "disconnects-file", "",
		"`file` that keeps them without a cluster (default "+defaultFile+")")
	fs.BoolVar(&o.quiet, "quiet", false, "do not print the URL")
	fs.BoolVar(&o.accessLog, "access-log", false, "print a line for each event")
	fs.Float64Var(&o.TimeScale, "time-scale", 1,
		"how many times faster API Gateway's time limits pass")
	o.profile.Add(fs)
}

// parse fills a Config from the environment and then from the command line, which wins.
func parse(name string, args []string, getenv func(string) string, out io.Writer) (Config, error) {
	o := options{Config: Config{Out: out}}
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // usageError prints instead
	o.flags(fs)
	if err := profileflag.FromEnv(fs, getenv); err != nil {
		return o.Config, err
	}
	if err := fs.Parse(args); err != nil {
		return o.Config, usageError(fs, err)
	}
	if fs.NArg() > 0 {
		return o.Config, usageError(fs, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
	}
	switch {
	case o.Drain < 0:
		return o.Config, fmt.Errorf("drain %v: use a time such as 1s, or 0s for none", o.Drain)
	case o.Drain == 0:
		o.Drain = time.Nanosecond // to a Config, 0 is the default
	}
	o.Origins, o.Hosts = list(o.origins), list(o.hosts)
	if state, _, _ := strings.Cut(getenv("STATE_DIRECTORY"), ":"); state != "" { // of systemd
		o.DisconnectsFile = cmp.Or(o.DisconnectsFile, filepath.Join(state, filepath.Base(defaultFile)))
	}
	profile, err := gateway.NewProfile(o.profile.Profile)
	if err != nil {
		return o.Config, err
	}
	o.Profile = profile
	o.profile.Apply(&o.Profile)
	if o.accessLog {
		o.AccessLog = &gateway.AccessLog{Out: out}
	}
	if o.quiet {
		o.Out = nil
	}
	if err := o.secretsFrom(getenv); err != nil {
		return o.Config, err
	}
	return o.Config, o.check()
}

// secretsFrom reads the key of the @connections API and the token of the inspector. They have no
// flag, because every user of a machine sees the command lines of all programs.
func (o *options) secretsFrom(getenv func(string) string) error {
	o.InspectToken = getenv("TYG_INSPECT_TOKEN")
	id, secret := getenv("TYG_ACCESS_KEY_ID"), getenv("TYG_SECRET_ACCESS_KEY")
	if (id == "") != (secret == "") {
		return errors.New(
			"TYG_ACCESS_KEY_ID and TYG_SECRET_ACCESS_KEY go together; one of them is not set",
		)
	}
	if id != "" {
		o.Secrets = map[string]string{id: secret}
	}
	return nil
}

// usageError returns the error of a wrong command line, or of one that asks for help, with the
// usage.
func usageError(fs *flag.FlagSet, err error) error {
	var b strings.Builder
	fs.SetOutput(&b)
	fmt.Fprintf(&b, "Usage of %s (each flag is also an environment variable, -addr is TYG_ADDR):\n",
		fs.Name())
	fs.PrintDefaults()
	if errors.Is(err, flag.ErrHelp) {
		return &Help{Text: b.String()}
	}
	return fmt.Errorf("%w; run the program with -help for its flags", err)
}

// Help is the error of a command line that asks for help.
type Help struct{ Text string }

// Error returns the help.
func (h *Help) Error() string { return h.Text }

func list(s string) []string {
	var all []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
