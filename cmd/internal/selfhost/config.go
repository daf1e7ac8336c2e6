// Package selfhost is "tyg gateway": a gateway on your own servers, whose routes lead to functions
// in other processes, to URLs, and to functions on AWS.
package selfhost

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// A Config is the text of a configuration file. The json tags are the keys that exist; see Example.
type Config struct {
	Addr           string              `json:"addr" allow:"addr"`
	Stage          string              `json:"stage" allow:"stage"`
	APIID          string              `json:"api_id"`
	StageVariables map[string]string   `json:"stage_variables"`
	DomainName     string              `json:"domain_name"` // in events of functions
	FunctionsTLS   bool                `json:"functions_tls"`
	Origins        []string            `json:"origins"`
	TrustedProxies []string            `json:"trusted_proxies"`
	App            string              `json:"app"` // a function that describes its own routes
	Functions      map[string]Program  `json:"functions"`
	Routes         map[string]Route    `json:"routes"`
	Selection      string              `json:"route_selection_expression"`
	Authorizer     *backend.Authorizer `json:"authorizer"`
	Keys           []Key               `json:"connections_keys"`
	Region         string              `json:"region"`
	AccountID      string              `json:"account_id"`
	Profile        string              `json:"profile"` // where Limits and Extensions begin
	Limits         Limits              `json:"limits"`
	Extensions     Extensions          `json:"extensions"`
	TLS            *TLS                `json:"tls"`
	Admin          Admin               `json:"admin"`
	InvokeAPI      string              `json:"invoke_addr" allow:"addr"`
	AccessLog      *AccessLog          `json:"access_log"`
	Log            Log                 `json:"log"`
	Drain          Duration            `json:"drain" allow:"0s..24h"`
	DrainDelay     Duration            `json:"drain_delay" allow:"0s..24h"`

	dir string // of the file, or of the project if the file is in its .tyg; relative paths start here
}

// A Program speaks the Lambda Runtime API.
type Program struct {
	Command     []string          `json:"command"`
	Runtime     string            `json:"runtime"` // in place of a command, with a handler
	Dir         string            `json:"dir"`
	Env         map[string]string `json:"env"`
	Handler     string            `json:"handler"`
	Timeout     Duration          `json:"timeout" allow:"0s..24h"`
	InitTimeout Duration          `json:"init_timeout" allow:"0s..24h"`
	IdleTimeout Duration          `json:"idle_timeout" allow:"-1s..8760h"`
	Concurrency int               `json:"concurrency" allow:"0..100000"`
	MemorySize  int               `json:"memory_size" allow:"0..1048576"`
}

// A Route has the target of a route. In place of the name of a function it may have the function
// itself.
type Route struct {
	backend.Route
	Program
}

// A Key signs calls of @connections. Its secret is in the environment or in a file, so that the
// configuration need not be secret.
type Key struct {
	ID         string `json:"access_key_id"`
	SecretEnv  string `json:"secret_env"`
	SecretFile string `json:"secret_file"`
}

// Limits has the fields of gateway.Limits; 0 means the default, and a negative value no limit.
type Limits struct {
	Frame           int      `json:"frame" allow:"-1..1073741824"`
	Message         int      `json:"message" allow:"-1..1073741824"`
	Fragments       int      `json:"fragments" allow:"-1..1000000"`
	URL             int      `json:"url" allow:"-1..1000000"`
	Idle            Duration `json:"idle" allow:"-1s..8760h"`
	Life            Duration `json:"life" allow:"-1s..8760h"`
	Integration     Duration `json:"integration" allow:"-1s..24h"`
	Handshake       Duration `json:"handshake" allow:"-1s..24h"`
	Queue           int      `json:"queue" allow:"-1..1073741824"`
	Write           Duration `json:"write" allow:"-1s..24h"`
	Read            Duration `json:"read" allow:"-1s..24h"`
	Close           Duration `json:"close" allow:"-1s..24h"`
	Conns           int      `json:"connections" allow:"-1..100000000"`
	ConnsPerAddress int      `json:"connections_per_address" allow:"-1..100000000"`
}

// Extensions has the fields of gateway.Extensions.
type Extensions struct {
	Binary      bool     `json:"binary"`
	CloseCodes  bool     `json:"close_codes"`
	Ping        Duration `json:"ping" allow:"0s..24h"`
	Concurrency int      `json:"concurrency" allow:"0..100000"`
}

// A TLS names the source of certificates: files, or an ACME server.
type TLS struct {
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
	ACME     *ACME  `json:"acme"`
}

// An ACME configures certificates from an ACME server (RFC 8555), by default Let's Encrypt. To
// configure it accepts the terms of the server.
type ACME struct {
	Hosts     []string `json:"hosts"`
	CacheDir  string   `json:"cache_dir"`
	Email     string   `json:"email"`
	Directory string   `json:"directory_url" allow:"url"`
}

// Admin is the listener for operators.
type Admin struct {
	Addr string `json:"addr" allow:"addr"`
	Off  bool   `json:"off"`
}

// An AccessLog writes a line for each event to a file; - is standard output.
type AccessLog struct {
	File   string `json:"file"`
	Format string `json:"format"`
}

// Log has the format of the log, text or json, and its level: debug, info, warn or error.
type Log struct {
	Format string `json:"format"`
	Level  string `json:"level"`
}

// A Duration has the syntax of Go: "1m30s".
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration, such as 1m30s", text)
	}
	*d = Duration(v)
	return nil
}

// Read reads a configuration file. What the command line and the environment say about the profile,
// its limits and its extensions goes before the file; flags may be nil.
func Read(name string, flags *profileflag.Flags) (Config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := parse(data, flags)
	if err != nil {
		return c, fmt.Errorf("%s:%w", name, err)
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	c.dir = filepath.Dir(abs)
	if filepath.Base(c.dir) == ".tyg" { // of a project, whose programs are beside .tyg
		c.dir = filepath.Dir(c.dir)
	}
	return c, nil
}

func parse(data []byte, flags *profileflag.Flags) (Config, error) {
	c := Config{
		Addr: "127.0.0.1:8000", Stage: "api", APIID: "local",
		Admin: Admin{Addr: "127.0.0.1:9090"}, Drain: Duration(30 * time.Second),
	}
	if flags == nil {
		flags = new(profileflag.Flags)
	}
	profile, err := gateway.NewProfile(cmp.Or(flags.Profile, profileOf(data)))
	if err != nil {
		return c, fmt.Errorf(" profile: %w", err)
	}
	c.setProfile(profile)
	if err := strict.Unmarshal(data, &c); err != nil { // its keys change the profile
		return c, err
	}
	profile = orLimits(c.profile(), profile)
	flags.Apply(&profile)
	c.setProfile(profile)
	if err := c.check(); err != nil {
		return c, fmt.Errorf(" %w", err)
	}
	return c, nil
}

// check reports the first invalid combination of keys.
func (c *Config) check() error {
	switch {
	case c.App == "" && len(c.Routes) == 0:
		return errors.New(`it has neither "routes" nor an "app" that describes its own`)
	case c.App != "" && len(c.Routes) != 0:
		return errors.New(`"app" describes its own routes; leave out "routes"`)
	case c.TLS != nil && c.TLS.ACME != nil && c.TLS.CertFile != "":
		return errors.New(`tls has "cert_file" or "acme", not both`)
	case c.TLS != nil && c.TLS.ACME == nil && (c.TLS.CertFile == "" || c.TLS.KeyFile == ""):
		return errors.New(`tls needs "cert_file" and "key_file", or "acme"`)
	case c.TLS != nil && c.TLS.ACME != nil && len(c.TLS.ACME.Hosts) == 0:
		return errors.New(`tls.acme needs "hosts": certificates are requested for these only`)
	case c.DomainName != "" && c.FunctionsTLS:
		return errors.New(`"functions_tls" sets the domain name in events; leave out "domain_name"`)
	case strings.ContainsAny(c.DomainName, "/?#%@ "):
		return fmt.Errorf("domain_name %q: use a host name, such as chat.example.com", c.DomainName)
	}
	return nil
}

// domain returns the name that events of functions have: where functions reach the @connections
// API. local is the address at which the gateway answers them. What the client called the gateway
// is never used: functions send signed requests there.
func (c *Config) domain(local string) string {
	switch {
	case c.DomainName != "":
		return c.DomainName
	case c.FunctionsTLS:
		return local
	case c.TLS != nil && c.TLS.ACME != nil:
		return c.TLS.ACME.Hosts[0]
	}
	return local
}

// path resolves a path of the configuration.
func (c *Config) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}
