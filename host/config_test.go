//go:build !tyg.lambda

package host_test

import (
	"errors"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/host"
)

// getenv is an environment.
func getenv(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		args string
		env  map[string]string
		want func(*host.Config) // what differs from the defaults
	}{
		{"nothing", "", nil, func(*host.Config) {}},
		{
			"flags", "-addr :9 -stage prod -origin https://a,https://b -drain 1s -time-scale 600 -cert c -key k " +
				"-app-name shop",
			nil, func(c *host.Config) {
				c.Name = "shop"
				c.Addr, c.Stage, c.Drain, c.TimeScale = ":9", "prod", time.Second, 600
				c.Origins = []string{"https://a", "https://b"}
				c.CertFile, c.KeyFile = "c", "k"
			},
		},
		{"environment", "", map[string]string{
			"TYG_ADDR": ":9", "TYG_STAGE": "prod", "TYG_ORIGIN": " https://a , ,https://b", "TYG_DRAIN": "1s",
			"TYG_TIME_SCALE": "600", "TYG_CERT": "c", "TYG_KEY": "k", "TYG_APP_NAME": "shop",
		}, func(c *host.Config) {
			c.Name = "shop"
			c.Addr, c.Stage, c.Drain, c.TimeScale = ":9", "prod", time.Second, 600
			c.Origins = []string{"https://a", "https://b"}
			c.CertFile, c.KeyFile = "c", "k"
		}},
		{"no drain", "-drain 0s", nil, func(c *host.Config) { c.Drain = time.Nanosecond }},
		{
			"both",
			"-addr :1",
			map[string]string{"TYG_ADDR": ":2", "TYG_STAGE": "prod"},
			func(c *host.Config) {
				c.Addr, c.Stage = ":1", "prod"
			},
		},
		{
			"empty variables",
			"",
			map[string]string{"TYG_ADDR": "", "TYG_DRAIN": ""},
			func(*host.Config) {},
		},
		{
			"drain", "-drain 1m -drain-delay 5s",
			map[string]string{"TYG_DRAIN_WINDOW": "30s"},
			func(c *host.Config) {
				c.Drain, c.DrainDelay, c.DrainWindow = time.Minute, 5*time.Second, 30*time.Second
			},
		},
		{"quiet", "-quiet", nil, func(c *host.Config) { c.Out = nil }},
		{
			"quiet by environment",
			"",
			map[string]string{"TYG_QUIET": "1"},
			func(c *host.Config) { c.Out = nil },
		},
		{"not so quiet", "-quiet=false", map[string]string{"TYG_QUIET": "1"}, func(*host.Config) {}},
		{"access log", "-access-log", nil, func(c *host.Config) {
			c.AccessLog = &gateway.AccessLog{Out: c.Out}
		}},
		{"extensions", "-binary -close-codes -ping 30s -concurrency 4", nil, func(c *host.Config) {
			c.Profile.Extensions = gateway.Extensions{
				Binary: true, CloseCodes: true, Ping: 30 * time.Second, Concurrency: 4,
			}
		}},
		{"profile", "-profile server", nil, func(c *host.Config) { c.Profile = server(t) }},
		{"profile by environment", "", map[string]string{"TYG_PROFILE": "server"}, func(c *host.Config) {
			c.Profile = server(t)
		}},
		{
			"another profile than the environment's",
			"-profile aws",
			map[string]string{"TYG_PROFILE": "server"},
			func(*host.Config) {},
		},
		{
			"limits change the profile, wherever they stand",
			"-limit-life 1h -binary=false -profile server -limit-connections -1",
			map[string]string{"TYG_LIMIT_LIFE": "2h", "TYG_LIMIT_QUEUE": "70000"},
			func(c *host.Config) {
				c.Profile = server(t)
				c.Profile.Limits.Life, c.Profile.Limits.Queue, c.Profile.Limits.Conns = time.Hour, 70000, -1
				c.Profile.Extensions.Binary = false
			},
		},
		{
			"key", "",
			map[string]string{"TYG_ACCESS_KEY_ID": "id", "TYG_SECRET_ACCESS_KEY": "s"},
			func(c *host.Config) { c.Secrets = map[string]string{"id": "s"} },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := host.Parse("app", strings.Fields(tt.args), getenv(tt.env), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			want := host.Config{
				Addr: "127.0.0.1:8000", Stage: "api", Drain: 30 * time.Second, TimeScale: 1, Out: io.Discard,
			}
			tt.want(&want)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		args string
		env  map[string]string
		want string // in the error
	}{
		{"-nonsense", nil, "-nonsense"},
		{"-profile fast", nil, `there is no profile "fast": use "aws" or "server"`},
		{"", map[string]string{"TYG_PROFILE": "fast"}, `TYG_PROFILE: "fast"`},
		{"-limit-idle 0", nil, "use a time such as 90s or 10m, or -1s"},
		{"-limit-message many", nil, "use a whole number, above 0"},
		{"-limit-queue 99999999999999999999", nil, "this number is too large"},
		{"-concurrency -1", nil, "use a whole number, above 0"},
		{"-ping -1s", nil, "use a time such as 90s"},
		{"-drain -1s", nil, "drain -1s: use a time such as 1s, or 0s for none"},
		{"-drain-delay -1s", nil, "drain delay -1s: use a time"},
		{"-drain-window 16s", nil, "drain window 16s: use at most 15s"},
		{"-drain-window 31s -drain 1m", nil, "drain window 31s: use at most 30s"},
		{"-concurrency 0", nil, "use a whole number, above 0"},
		{"-binary=perhaps", nil, "use true or false"},
		{"-drain soon", nil, `"soon"`},
		{"-addr", nil, "flag needs an argument: -addr"},
		{"serve", nil, `unexpected argument "serve"`},
		{"-stage a/b", nil, `stage "a/b"`},
		{"-stage " + strings.Repeat("x", 129), nil, "stage"},
		{"-time-scale -1", nil, "time scale -1"},
		{"-time-scale NaN", nil, "time scale NaN"},
		{"-time-scale Inf", nil, "time scale +Inf"},
		{"-cert c", nil, "-key"},
		{"-key k", nil, "-cert"},
		{"", map[string]string{"TYG_DRAIN": "soon"}, `TYG_DRAIN: "soon"`},
		{"", map[string]string{"TYG_QUIET": "maybe"}, `TYG_QUIET: "maybe"`},
		{"", map[string]string{"TYG_TIME_SCALE": "fast"}, `TYG_TIME_SCALE: "fast"`},
		{"", map[string]string{"TYG_CONCURRENCY": "two"}, `TYG_CONCURRENCY: "two"`},
		{"-drain 1s", map[string]string{"TYG_DRAIN": "soon"}, "TYG_DRAIN"},
		{"", map[string]string{"TYG_ACCESS_KEY_ID": "id"}, "TYG_SECRET_ACCESS_KEY"},
		{"", map[string]string{"TYG_SECRET_ACCESS_KEY": "very secret"}, "TYG_ACCESS_KEY_ID"},
		{"-inspect :9091", nil, "set TYG_INSPECT_TOKEN, or use 127.0.0.1"},
		{"-inspect nonsense", nil, `inspect "nonsense"`},
		{
			"-inspect :9091",
			map[string]string{"TYG_INSPECT_TOKEN": "short"},
			"TYG_INSPECT_TOKEN: a token has at least 16",
		},
	}
	for _, tt := range tests {
		_, err := host.Parse("app", strings.Fields(tt.args), getenv(tt.env), io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %v: error %v, want %q in it", tt.args, tt.env, err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), "very secret") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, arg := range []string{"-h", "--help"} {
		_, err := host.Parse("echo-server", []string{arg}, getenv(nil), io.Discard)
		help, ok := errors.AsType[*host.Help](err)
		if !ok {
			t.Fatalf("%s: %v", arg, err)
		}
		wanted := map[string]bool{
			"echo-server": true, "-addr": true, "TYG_ADDR": true, "127.0.0.1:8000": true, "-origin": true,
			"-cert": true, "-key": true, "-drain": true,
			"-drain-delay": true, "-quiet": true, "-stage": true,
		}
		for word := range maps.Keys(wanted) {
			if !strings.Contains(help.Error(), word) {
				t.Errorf("help lacks %s:\n%s", word, help.Text)
			}
		}
	}
}

// server returns the profile of that name.
func server(t *testing.T) gateway.Profile {
	t.Helper()
	p, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Under systemd, a service has a folder that survives restarts.
func TestFileOfDisconnectsIsInTheStateDirectory(t *testing.T) {
	environment := map[string]string{"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}
	getenv := func(name string) string { return environment[name] }
	for args, want := range map[string]string{
		"":                    filepath.Join("/var/lib/a", "disconnects.log"),
		"-disconnects-file=f": "f",
	} {
		cfg, err := host.Parse("x", strings.Fields(args), getenv, io.Discard)
		if err != nil || cfg.DisconnectsFile != want {
			t.Errorf("%q: %q, %v; want %q", args, cfg.DisconnectsFile, err, want)
		}
	}
}
