package selfhost

import (
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// TestProfileRoundTrip gives every limit and extension a value of its own: each has a key.
func TestProfileRoundTrip(t *testing.T) {
	var want gateway.Profile
	n := 0
	for _, fields := range []reflect.Value{
		reflect.ValueOf(&want.Limits).Elem(), reflect.ValueOf(&want.Extensions).Elem(),
	} {
		for i := range fields.NumField() {
			n++
			if f := fields.Field(i); f.Kind() == reflect.Bool {
				f.SetBool(true)
			} else {
				f.SetInt(int64(n))
			}
		}
	}
	var c Config
	if c.setProfile(want); c.profile() != want {
		t.Errorf("got  %+v\nwant %+v", c.profile(), want)
	}
}

func TestProfileOrder(t *testing.T) {
	const app = `"app": "a", "functions": {"a": {"command": ["./a"]}}`
	tests := []struct {
		name, file, args string
		want             func(*gateway.Profile)
	}{
		{"nothing", `{` + app + `}`, "", func(p *gateway.Profile) { *p = gateway.Profile{} }},
		{"the file's profile", `{"profile": "server", ` + app + `}`, "", func(*gateway.Profile) {}},
		{
			"keys change the profile",
			`{"limits": {"life": "1h"}, "extensions": {"binary": false}, "profile": "server", ` + app + `}`,
			"",
			func(p *gateway.Profile) { p.Limits.Life, p.Extensions.Binary = time.Hour, false },
		},
		{
			"0 leaves a limit to the profile",
			`{"limits": {"message": 0, "idle": "0s"}, "profile": "server", ` + app + `}`,
			"",
			func(*gateway.Profile) {},
		},
		{
			"flags go before the file",
			`{"profile": "aws", "limits": {"life": "1h", "idle": "1m"}, ` + app + `}`,
			"-profile server -limit-life 3h",
			func(p *gateway.Profile) { p.Limits.Life, p.Limits.Idle = 3*time.Hour, time.Minute },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := gateway.NewProfile(gateway.ProfileServer)
			if err != nil {
				t.Fatal(err)
			}
			var flags profileflag.Flags
			fs := flag.NewFlagSet("test", flag.ContinueOnError)
			fs.SetOutput(io.Discard)
			flags.Add(fs)
			if err := fs.Parse(strings.Fields(tt.args)); err != nil {
				t.Fatal(err)
			}
			c, err := parse([]byte(tt.file), &flags)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want(&want); c.profile() != want {
				t.Errorf("got  %+v\nwant %+v", c.profile(), want)
			}
		})
	}
	if _, err := parse([]byte(`{"profile": "fast", `+app+`}`), nil); err == nil ||
		!strings.Contains(err.Error(), `there is no profile "fast"`) {
		t.Errorf("the error of an unknown profile is %v", err)
	}
}
