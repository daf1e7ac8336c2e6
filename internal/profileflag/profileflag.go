// Package profileflag makes flags of a gateway's profile: of its name, of each limit and of each
// extension.
package profileflag

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// Flags remember what a command line says about a profile. Single limits and extensions change the
// profile that is named, wherever they stand. The zero Flags say nothing.
type Flags struct {
	// Profile is the name that was given, empty if none was.
	Profile string

	changes []func(*gateway.Profile)
}

// Add defines the flags on fs.
func (f *Flags) Add(fs *flag.FlagSet) {
	fs.Func("profile", "`name` of the limits and extensions to begin with: "+
		gateway.ProfileAWS+" (the default), as API Gateway, or "+gateway.ProfileServer+
		", without limits of age and idleness, with pings, binary messages, and messages and frames "+
		"up to 16 MB",
		func(name string) error {
			f.Profile = name
			_, err := gateway.NewProfile(name)
			return err
		})
	f.addLimits(fs)
	f.flag(fs, "binary", "accept and send binary messages (not on AWS)",
		func(p *gateway.Profile) *bool { return &p.Extensions.Binary })
	f.flag(fs, "close-codes", "let DELETE @connections say a code and a reason (not on AWS)",
		func(p *gateway.Profile) *bool { return &p.Extensions.CloseCodes })
	f.flag(fs, "no-compression", "decline to compress messages (permessage-deflate)",
		func(p *gateway.Profile) *bool { return &p.NoCompression })
	f.span(fs, "ping", "ping clients that are silent for this `time` (not on AWS)",
		func(p *gateway.Profile) *time.Duration { return &p.Extensions.Ping })
	f.count(fs, "concurrency", "`messages` of one client that are handled at the same time (1)",
		func(p *gateway.Profile) *int { return &p.Extensions.Concurrency })
}

// addLimits defines a flag for each limit. Negative values mean no limit, as in gateway.Limits.
func (f *Flags) addLimits(fs *flag.FlagSet) {
	type limits = gateway.Profile
	f.count(fs, "limit-frame", "payload `bytes` of one frame from a client (32768; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Frame })
	f.count(fs, "limit-message", "`bytes` of one message, either way (131072; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Message })
	f.count(fs, "limit-fragments", "`frames` of one message (4096; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Fragments })
	f.count(fs, "limit-url", "`characters` of path and query at connect (4096; -1: no limit)",
		func(p *limits) *int { return &p.Limits.URL })
	f.span(fs, "limit-idle", "`time` without a message either way (10m; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Idle })
	f.span(fs, "limit-life", "`time` since connect (2h; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Life })
	f.span(fs, "limit-integration", "`time` for a handler (29s; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Integration })
	f.span(fs, "limit-handshake", "`time` for the opening request to arrive (5s; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Handshake })
	f.count(fs, "limit-queue", "`bytes` that wait for one client (1048576; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Queue })
	f.count(fs, "limit-memory",
		"`bytes` that all clients together may make it hold (a quarter of the memory; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Memory })
	f.span(fs, "limit-write",
		"`time` for a client to take 16 KB of its queue or the rest (10s; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Write })
	f.span(fs, "limit-read", "`time` for the rest of a message that has begun (30s; -1s: no limit)",
		func(p *limits) *time.Duration { return &p.Limits.Read })
	f.span(fs, "limit-close", "`time` for a client to answer a close frame (5s; -1s: none)",
		func(p *limits) *time.Duration { return &p.Limits.Close })
	f.count(fs, "limit-connections", "`connections` at one time (100000; -1: no limit)",
		func(p *limits) *int { return &p.Limits.Conns })
	f.count(fs, "limit-connections-per-address",
		"`connections` of one address (IPv6: one /64), loopback excepted (1000; -1: no limit)",
		func(p *limits) *int { return &p.Limits.ConnsPerAddress })
	f.count(fs, "limit-connect-rate",
		"`clients` that connect in a second, loopback excepted (500; -1: no limit)",
		func(p *limits) *int { return &p.Limits.ConnectRate })
	f.count(fs, "limit-tls-handshakes",
		"`handshakes` of TLS that compute at the same time (2 for each core; -1: no limit)",
		func(p *limits) *int { return &p.Limits.TLSHandshakes })
}

// FromEnv sets every flag of fs whose environment variable is not empty: limit-idle is
// TYG_LIMIT_IDLE. Call it before fs parses a command line, which then goes before.
func FromEnv(fs *flag.FlagSet, getenv func(string) string) (err error) {
	fs.VisitAll(func(f *flag.Flag) {
		name := "TYG_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := getenv(name); v != "" && err == nil {
			if e := fs.Set(f.Name, v); e != nil {
				err = fmt.Errorf("environment variable %s: %q: %w", name, v, e)
			}
		}
	})
	return err
}

// Apply makes of p what the command line says, but for the name of the profile.
func (f *Flags) Apply(p *gateway.Profile) {
	for _, change := range f.changes {
		change(p)
	}
}

// What flags may say at most. Larger limits are no limits, and have a value of their own.
const (
	maxCount       = 1 << 30 // bytes, messages or connections
	maxMemory      = min(1<<40, math.MaxInt)
	maxConcurrency = 100_000
	maxSpan        = 365 * 24 * time.Hour
)

var (
	errCount = errors.New("use a whole number, above 0 or -1 for no limit")
	errSpan  = errors.New("use a time such as 90s or 10m, or -1s for no limit")
)

func (f *Flags) count(fs *flag.FlagSet, name, usage string, field func(*gateway.Profile) *int) {
	fs.Func(name, usage, func(text string) error {
		n, err := strconv.Atoi(text)
		low, high := -1, maxCount
		switch name {
		case "concurrency":
			low, high = 1, maxConcurrency
		case "limit-memory":
			high = maxMemory
		}
		switch {
		case errors.Is(err, strconv.ErrRange) && n > 0, n > high:
			return fmt.Errorf("this number is too large: use at most %d", high)
		case err != nil || n == 0 || n < low:
			return errCount
		}
		f.changes = append(f.changes, func(p *gateway.Profile) { *field(p) = n })
		return nil
	})
}

func (f *Flags) span(
	fs *flag.FlagSet, name, usage string, field func(*gateway.Profile) *time.Duration,
) {
	fs.Func(name, usage, func(text string) error {
		d, err := time.ParseDuration(text)
		low := -time.Second
		if name == "ping" {
			low = 0
		}
		switch {
		case err != nil || d == 0 && name != "ping" || d < low:
			return errSpan
		case d > maxSpan:
			return fmt.Errorf("this time is too long: use at most %v", maxSpan)
		}
		f.changes = append(f.changes, func(p *gateway.Profile) { *field(p) = d })
		return nil
	})
}

func (f *Flags) flag(fs *flag.FlagSet, name, usage string, field func(*gateway.Profile) *bool) {
	fs.Var(boolValue(func(on bool) {
		f.changes = append(f.changes, func(p *gateway.Profile) { *field(p) = on })
	}), name, usage)
}

// A boolValue is a flag that may stand alone. pflag knows such flags by the name of their type.
type boolValue func(on bool)

func (boolValue) String() string { return "" }

func (boolValue) IsBoolFlag() bool { return true }

func (set boolValue) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("use true or false")
	}
	set(on)
	return nil
}
