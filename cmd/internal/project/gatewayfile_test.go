package project

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

const oldGatewayFile = `{
  "stage": "prod", "profile": "server",
  "functions": {
    "chat": {
      "command": ["./chat"], "dir": "d", "env": {"A": "b"}, "timeout": "1500ms",
      "init_timeout": "2s", "idle_timeout": "3m", "concurrency": 4, "memory_size": 64
    },
    "gate": {"runtime": "python3.13", "handler": "app.handler", "dir": "g"}
  },
  "routes": {
    "$default": {"function": "chat", "response": true},
    "a/b": {"command": ["./time"], "timeout": "3s", "concurrency": 2},
    "c": {"command": ["./c"]}
  },
  "authorizer": {"function": "gate"}
}`

const newGatewayFile = `{
  "api_gateway_stage": "prod", "gateway_profile": "server",
  "lambda_functions": {
    "chat": {
      "command": ["./chat"], "directory": "d", "environment_variables": {"A": "b"},
      "lambda_timeout": 2, "init_timeout": "2s", "idle_timeout": "3m", "reserved_concurrency": 4
    },
    "gate": {"runtime": "python3.13", "handler": "app.handler", "directory": "g"},
    "route-a-b": {"command": ["./time"], "lambda_timeout": 3, "reserved_concurrency": 2},
    "route-c": {"command": ["./c"]}
  },
  "routes": {
    "$default": {"function": "chat", "response": true},
    "a/b": {"function": "route-a-b"},
    "c": {"function": "route-c"}
  },
  "authorizer": {"function": "gate"}
}`

// TestOldSpellingsMeanTheNewOnes reads the same configuration in both spellings.
func TestOldSpellingsMeanTheNewOnes(t *testing.T) {
	old, notes, err := ParseGatewayFile([]byte(oldGatewayFile))
	if err != nil {
		t.Fatal(err)
	}
	got, none, err := ParseGatewayFile([]byte(newGatewayFile))
	if err != nil || len(none) > 0 {
		t.Fatal(err, none)
	}
	chat := got.Functions["chat"]
	chat.MemorySize = 64 // which the new key does not allow
	got.Functions["chat"] = chat
	if !reflect.DeepEqual(got, old) {
		t.Errorf("the new spelling is\n%+v\nthe old one\n%+v", got, old)
	}
	want := []string{
		`2: "stage" is now "api_gateway_stage"`,
		`3: "functions" is now "lambda_functions"`,
		`5: "functions.chat.dir" is now "directory"`,
		`5: "functions.chat.env" is now "environment_variables"`,
		`5: "functions.chat.timeout" is now "lambda_timeout", in seconds`,
		`6: "functions.chat.concurrency" is now "reserved_concurrency"`,
		`6: "functions.chat.memory_size" is now "lambda_memory_size"`,
		`12: "routes.a/b.command" is now "lambda_functions", by name`,
		`2: "profile" is now "gateway_profile"`,
	}
	if !slices.Equal(notes, want) {
		t.Errorf("the notes are\n%s\nwant\n%s", strings.Join(notes, "\n"), strings.Join(want, "\n"))
	}
	if got.Functions["chat"].InitTimeout != value.Duration(2*time.Second) {
		t.Errorf("chat is %+v", got.Functions["chat"])
	}
	if got.Routes["a/b"] != (backend.Route{Target: backend.Target{Function: "route-a-b"}}) {
		t.Errorf("the route is %+v", got.Routes["a/b"])
	}
}

func TestGatewayFileRejects(t *testing.T) {
	for text, want := range map[string]string{
		`{"stagge": "a"}`: `1: there is no key "stagge"; did you mean "stages"?`,
		"{\"functions\": {\"f\": {\n\"comand\": []}}}": `2: there is no key "functions.f.comand"; ` +
			`did you mean "command"?`,
		`{"lambda_functions": {"f": {"dir": "a"}}}`: `1: there is no key "lambda_functions.f.dir"`,
		`{"stages": {"a": {"stage": "b"}}}`:         `1: there is no key "stages.a.stage"`,
		"{\"lambda_functions\": {\"f\": {}},\n\"functions\": {\"f\": {}}}": `2: functions.f: it is in ` +
			`"lambda_functions", too`,
		"{\"routes\": {\n\"a\": {\"command\": [\"a\"], \"url\": \"http://x\"}}}": `2: routes.a: it has` +
			` both a command and another target`,
		`{"functions": {"f": {"timeout": 3}}}`: `1: "functions.f.timeout" must be a time`,
	} {
		_, _, err := ParseGatewayFile([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", text, err, want)
		}
	}
	c, notes, err := ParseGatewayFile([]byte(`{"profile": "work"}`))
	if err != nil || len(notes) > 0 || c.Profile != "work" || c.GatewayProfile != "" {
		t.Errorf("the profile of AWS is %+v, %q, %v", c, notes, err)
	}
}

// FuzzParseGatewayFile: what the parser of configurations accepts means the same here, unless it
// has the profile of a gateway; and errors and notes begin with a line.
func FuzzParseGatewayFile(f *testing.F) {
	f.Add([]byte(oldGatewayFile))
	f.Add([]byte(newGatewayFile))
	f.Add([]byte(`{"stages": {"a": {"limits": {"idle": "-1s"}, "drain": "0s"}}, "nats": "embedded"}`))
	f.Add([]byte(`{"tls": {"acme": {"hosts": ["a"]}}, "admin": {"off": true}, "profile": "work"}`))
	f.Add([]byte(`{"routes": {"a": {"command": []}, "b": null}, "functions": {"b": null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, notes, err := ParseGatewayFile(data)
		for _, text := range append(notes, errorText(err)...) {
			if text[0] < '1' || text[0] > '9' {
				t.Errorf("%q does not begin with a line", text)
			}
		}
		same, e := ParseConfig(data)
		if e != nil {
			return
		}
		if err != nil {
			t.Errorf("%v: it is a configuration", err)
		}
		if same.Profile == "aws" || same.Profile == "server" {
			same.Profile, same.GatewayProfile = "", c.GatewayProfile
		}
		if !reflect.DeepEqual(c.At("dev"), same.At("dev")) || c.Profile != same.Profile {
			t.Errorf("as the file of a gateway it is\n%+v\nelse\n%+v", c, same)
		}
	})
}

func errorText(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}
