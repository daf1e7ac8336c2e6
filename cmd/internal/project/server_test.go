package project

import (
	"encoding/json"
	"flag"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// TestProfileHasEveryKey gives each limit and extension a value of its own by its key.
func TestProfileHasEveryKey(t *testing.T) {
	objects := map[string]map[string]any{"limits": {}, "extensions": {}}
	for _, g := range Keys() {
		for n, k := range g.Keys {
			object, key, below := strings.Cut(k.Path, ".")
			if objects[object] == nil || !below {
				continue
			}
			objects[object][key] = map[string]any{
				"duration": fmt.Sprint(n+1, "ns"), "whole number": n + 1, "true or false": true,
			}[k.Type]
		}
	}
	text, err := json.Marshal(objects)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ProfileFrom("")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int64]bool)
	for _, part := range []any{got.Limits, got.Extensions} {
		v := reflect.ValueOf(part)
		for i := range v.NumField() {
			name, field := v.Type().Field(i).Name, v.Field(i)
			if field.IsZero() {
				t.Errorf("%s has no key", name)
			}
			if field.CanInt() && seen[field.Int()] {
				t.Errorf("%s has the value of another key", name)
			}
			if field.CanInt() {
				seen[field.Int()] = true
			}
		}
	}
}

// TestProfileOrder is about single keys and the profile that they change.
func TestProfileOrder(t *testing.T) {
	server, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	changed := server
	changed.Limits.Life, changed.Extensions.Binary = time.Hour, false
	for _, tt := range []struct {
		name, file, given string
		want              gateway.Profile
	}{
		{"nothing", `{}`, "", gateway.Profile{}},
		{"of the file", `{"gateway_profile": "server"}`, "", server},
		{"given", `{"gateway_profile": "aws"}`, "server", server},
		{
			"keys change it",
			`{"limits": {"life": "1h"}, "extensions": {"binary": false}, "gateway_profile": "server"}`,
			"", changed,
		},
		{
			"0 leaves a limit to it",
			`{"limits": {"message": 0, "idle": "0s"}, "gateway_profile": "server"}`, "", server,
		},
		{
			"a stage changes single keys",
			`{"gateway_profile": "server", "limits": {"life": "1h"},
				"stages": {"dev": {"extensions": {"binary": false}}}}`, "", changed,
		},
	} {
		c, err := ParseConfig([]byte(tt.file))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.At("dev").ProfileFrom(tt.given); err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v\nwant %+v", tt.name, got, err, tt.want)
		}
	}
}

// TestServerKeysThatDoNotFit: the error has the line of the key, also in a stage.
func TestServerKeysThatDoNotFit(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\"tls\": {}}":                              `2: tls: it needs "cert_file" and "key_file"`,
		"{\"tls\": {\n\"acme\": {}}}":                  `2: tls.acme: it needs "hosts"`,
		`{"tls": {"acme": {}, "cert_file": "a"}}`:      `1: tls: it has "cert_file" or "acme"`,
		`{"functions_tls": true, "domain_name": "a"}`:  `1: functions_tls: it sets the domain name`,
		"{\n\"domain_name\": \"https://a\"}":           `2: domain_name: "https://a" is no host name`,
		`{"nats": "redis://me:secret@x"}`:              `1: nats: use "embedded", or the URL`,
		`{"gateway_profile": "fast"}`:                  `1: "gateway_profile" is "fast"; use`,
		"{\"stages\": {\n\"x\": {\n\"nats\": \"a\"}}}": `3: stages.x.nats: use "embedded"`,
		"{\"app\": \"a\",\n\"routes\": {\"$default\": {\"url\": \"http://x\"}}}": `1: app: it describes` +
			` its own routes; leave out "routes"`,
		"{\"app\": \"a\",\n\"stages\": {\"x\": {\"routes\": {\"b\": {\"url\": \"http://x\"}}}}}": `2: ` +
			`stages.x.app: it describes its own routes`,
		`{"lambda_functions": {"f": {"command": ["a"], "runtime": "nodejs"}}}`: `1: lambda_functions.f` +
			`: it has a "command" and a "runtime"`,
	} {
		_, err := ParseConfig([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", text, err, want)
		}
	}
	if _, err := ParseConfig([]byte(`{"nats": "tls://me:secret@a,nats://b:4222"}`)); err != nil {
		t.Error(err)
	}
}

// TestSettingsOfTheAppAreThoseOfItsFunctions: on AWS a program becomes several functions.
func TestSettingsOfTheAppAreThoseOfItsFunctions(t *testing.T) {
	c, err := ParseConfig([]byte(`{
		"app": "chat", "lambda_timeout": 1,
		"lambda_functions": {
			"chat": {"command": ["./bootstrap"], "lambda_timeout": 5, "lambda_memory_size": 256},
			"websocket_message": {"lambda_timeout": 9}
		},
		"stages": {"dev": {"lambda_functions": {"chat": {"lambda_memory_size": 512}}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		stage, name              string
		timeout, memory, command int
	}{
		{"dev", "chat", 5, 512, 1},
		{"dev", "websocket_message", 9, 512, 0},
		{"prod", "websocket_connect", 5, 256, 0},
	} {
		f := c.Function(tt.stage, tt.name)
		if f.Timeout != tt.timeout || f.MemorySize != tt.memory || len(f.Command) != tt.command {
			t.Errorf("%s in %s is %+v", tt.name, tt.stage, f)
		}
	}
}

// TestKeysHaveTheRangeOfTheirFlags: what a flag takes, its key takes, and the other way round.
func TestKeysHaveTheRangeOfTheirFlags(t *testing.T) {
	var flags profileflag.Flags
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.Add(fs)
	tried := 0
	for _, g := range Keys() {
		for _, k := range g.Keys {
			f := fs.Lookup(k.Flag)
			if f == nil || k.Type != "whole number" && k.Type != "duration" {
				continue
			}
			for _, value := range []string{
				"-2", "-1", "1", "100000", "100001", "1073741824", "1073741825",
				"-2s", "-1s", "1s", "8760h", "8761h",
			} {
				tried++
				text := value
				if k.Type == "duration" {
					text = strconv.Quote(value)
				}
				_, key, _ := strings.Cut(k.Path, ".")
				object, _, _ := strings.Cut(k.Path, ".")
				_, byKey := ParseConfig([]byte(fmt.Sprintf(`{%q: {%q: %s}}`, object, key, text)))
				if byFlag := f.Value.Set(value); (byKey == nil) != (byFlag == nil) {
					t.Errorf("%s %s: the key says %v, the flag %v", k.Path, value, byKey, byFlag)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d values were tried; the test has overlooked keys", tried)
	}
}
