// Package selfhost is "tyg gateway": a gateway on your own servers, whose routes lead to functions
// in other processes, to URLs, and to functions on AWS.
package selfhost

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// A Config is the configuration of a stage, with the defaults of a gateway. Functions have all
// their settings.
type Config struct {
	project.StageConfig

	Name    string          // of the application; empty: the program may have one
	Profile gateway.Profile // the limits and extensions
	Notes   []string        // old spellings, and keys that a gateway does not use

	dir  string   // of the project; relative paths start here
	join JoinFunc // nil: the program cannot join a cluster
}

// A Source says where a configuration is, and what goes before it.
type Source struct {
	// File is the configuration. Empty is .tyg/gateway.json in Dir, or .tyg/config.json there.
	File string
	Dir  string // of the project

	Stage    string // of the configuration
	StageSet bool   // the configuration must have it, if it has stages

	// Flags are what the command line and the environment say about the profile, its limits and its
	// extensions; nil: nothing.
	Flags *profileflag.Flags

	// Override is laid over the stage: what other flags and variables say.
	Override project.StageConfig
}

// Read reads a configuration.
func Read(s Source) (Config, error) {
	name, notes := s.find()
	data, err := os.ReadFile(name)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w%s", err, s.hint(err))
	}
	all, old, err := project.ParseGatewayFile(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s:%w", name, err)
	}
	if s.StageSet {
		if err := all.CheckStage(s.Stage); err != nil {
			return Config{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	c, err := newConfig(all, s)
	if err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	for _, note := range old {
		notes = append(notes, name+":"+note)
	}
	if unused := all.Unused(s.Stage, project.Gateway); unused != "" {
		notes = append(notes, name+": "+unused)
	}
	if missing := all.MissingSecrets(s.Stage, os.LookupEnv); missing != "" {
		notes = append(notes, name+": "+missing)
	}
	c.Notes = notes
	c.dir, err = project.DirOf(name)
	return c, err
}

// find returns the file of the configuration. A project that has both keeps the one that was for
// gateways only.
func (s Source) find() (name string, notes []string) {
	if s.File != "" {
		return s.File, nil
	}
	own := filepath.Join(s.Dir, filepath.FromSlash(project.GatewayPath))
	shared := filepath.Join(s.Dir, filepath.FromSlash(project.ConfigPath))
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		return shared, nil
	}
	if _, err := os.Stat(shared); err == nil {
		notes = append(notes, own+" is in use, and not "+shared+"; move its keys there, and remove it")
	}
	return own, notes
}

// hint says what to do if there is no configuration.
func (s Source) hint(err error) string {
	if s.File != "" || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return "; tyg gateway --print-config prints an example, and --config names another file"
}

// newConfig returns the configuration of a stage, completed by defaults.
func newConfig(all project.Config, s Source) (Config, error) {
	c := Config{StageConfig: all.At(s.Stage).With(s.Override), Name: all.AppName}
	for name := range c.Functions {
		c.Functions[name] = all.Function(s.Stage, name)
	}
	c.Addr = cmp.Or(c.Addr, DefaultAddr)
	c.APIID = cmp.Or(c.APIID, "local")
	c.Admin.Addr = cmp.Or(c.Admin.Addr, "127.0.0.1:9090")
	if c.Drain == nil {
		drain := value.Duration(30 * time.Second)
		c.Drain = &drain
	}
	flags := s.Flags
	if flags == nil {
		flags = new(profileflag.Flags)
	}
	var err error
	if c.Profile, err = c.ProfileFrom(flags.Profile); err != nil {
		return c, err
	}
	flags.Apply(&c.Profile)
	if len(c.Cluster.Nodes) > 0 && !c.Embeds() {
		return c, errors.New(`cluster.nodes (--cluster) are servers that gateways embed: add ` +
			`"nats": "embedded" (--nats embedded)`)
	}
	return c, c.CheckGateway()
}

// checkDrain reports a window that leaves no time to the handlers of the last connections.
func (c *Config) checkDrain() error {
	if half := span(c.Drain) / 2; span(c.DrainWindow) > half {
		return fmt.Errorf(`drain_window is %v: use at most %v, half of "drain", or raise that`,
			span(c.DrainWindow), half)
	}
	return nil
}

// DefaultAddr is where a gateway listens if nothing says otherwise.
const DefaultAddr = "127.0.0.1:8000"

// domain returns the name that events of functions have: where functions reach the @connections
// API. local is the address at which the gateway answers them. What the client called the gateway
// is never used: functions send signed requests there.
func (c *Config) domain(local string) string {
	switch {
	case c.DomainName != "":
		return c.DomainName
	case project.On(c.FunctionsTLS):
		return local
	case len(c.Hosts) > 0 && !strings.HasPrefix(c.Hosts[0], "*"):
		return c.Hosts[0]
	case c.TLS != nil && c.TLS.ACME != nil:
		return c.TLS.ACME.Hosts[0]
	}
	return local
}

// hosts returns the names by which clients may call the gateway, nil for all.
func (c *Config) hosts() []string {
	if len(c.Hosts) == 0 {
		return nil
	}
	all := slices.Clone(c.Hosts)
	if c.DomainName != "" {
		all = append(all, hosts.Name(c.DomainName))
	}
	if c.TLS != nil && c.TLS.ACME != nil {
		all = append(all, c.TLS.ACME.Hosts...)
	}
	return all
}

// path resolves a path of the configuration.
func (c *Config) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// span returns a time, or 0 for one that the configuration does not have.
func span(d *value.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}
