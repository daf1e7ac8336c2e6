package host

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// Config says how to serve an application in this process. The zero Config serves it at
// ws://127.0.0.1:8000/api/.
type Config struct {
	// Addr is the TCP address to listen on, "127.0.0.1:8000" by default. Port 0 picks a free one.
	Addr string

	// Listener, if not nil, is used in place of Addr. Serve closes it.
	Listener net.Listener

	// Stage is the first part of the URL's path, "api" by default.
	Stage string

	// Origins are the origins of web pages that may connect, see gateway.Server.
	Origins []string

	// CertFile and KeyFile are PEM files. With them the server speaks TLS only.
	CertFile, KeyFile string

	// Drain is how long handlers may take to finish when the server stops: 30 seconds by default.
	Drain time.Duration

	// Limits bounds what clients and handlers may do. The zero Limits are API Gateway's.
	Limits gateway.Limits

	// Logger gets what cannot be returned to anybody. Nil means slog.Default().
	Logger *slog.Logger

	// Out, if not nil, gets the line that says where the application is served.
	Out io.Writer
}

const (
	defaultAddr  = "127.0.0.1:8000"
	defaultStage = "api"
	defaultDrain = 30 * time.Second
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
	return c
}

func (c Config) check() error {
	if ok, _ := regexp.MatchString(stagePattern, c.Stage); !ok {
		return fmt.Errorf("stage %q: use up to 128 letters, digits, hyphens and underscores", c.Stage)
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("TLS needs both a certificate and a key (-cert and -key)")
	}
	return nil
}

func (c Config) secure() bool { return c.CertFile != "" }

// parse fills a Config from the environment and then from the command line, which wins.
func parse(name string, args []string, getenv func(string) string, out io.Writer) (Config, error) {
	cfg := Config{Out: out}
	var origins string
	var quiet bool
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // usage prints all there is to say
	fs.StringVar(&cfg.Addr, "addr", defaultAddr, "`address` to listen on; port 0 picks a free one")
	fs.StringVar(&cfg.Stage, "stage", defaultStage, "first part of the URL's path")
	fs.StringVar(&origins, "origin", "", "origins of web pages that may connect, separated by commas")
	fs.StringVar(&cfg.CertFile, "cert", "", "TLS certificate, PEM `file`")
	fs.StringVar(&cfg.KeyFile, "key", "", "TLS key, PEM `file`")
	fs.DurationVar(&cfg.Drain, "drain", defaultDrain, "how long handlers may take to finish at the end")
	fs.BoolVar(&quiet, "quiet", false, "do not print the URL")
	if err := fromEnv(fs, getenv); err != nil {
		return cfg, err
	}
	if err := fs.Parse(args); err != nil {
		return cfg, usageError(fs, err)
	}
	if fs.NArg() > 0 {
		return cfg, usageError(fs, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
	}
	cfg.Origins = list(origins)
	if quiet {
		cfg.Out = nil
	}
	return cfg, cfg.check()
}

// fromEnv sets every flag whose variable is set: -addr is TYG_ADDR.
func fromEnv(fs *flag.FlagSet, getenv func(string) string) (err error) {
	fs.VisitAll(func(f *flag.Flag) {
		name := "TYG_" + strings.ToUpper(f.Name)
		if v := getenv(name); v != "" && err == nil {
			if e := fs.Set(f.Name, v); e != nil {
				err = fmt.Errorf("environment variable %s: %q: %w", name, v, e)
			}
		}
	})
	return err
}

// usageError turns a wrong command line, or a cry for help, into one error that shows how it is
// done.
func usageError(fs *flag.FlagSet, err error) error {
	var b strings.Builder
	fs.SetOutput(&b)
	fmt.Fprintf(&b, "Usage of %s (each flag is also an environment variable, -addr is TYG_ADDR):\n", fs.Name())
	fs.PrintDefaults()
	if errors.Is(err, flag.ErrHelp) {
		return &Help{Text: b.String()}
	}
	return fmt.Errorf("%w\n%s", err, strings.TrimRight(b.String(), "\n"))
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
