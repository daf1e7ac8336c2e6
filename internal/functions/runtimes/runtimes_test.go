package runtimes_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/runtimes"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]string{
		"python": ".py", "python3.13": ".py", "nodejs": ".js", "nodejs22.x": ".js", "NodeJS20.x": ".js",
		"chalice": ".py", "ruby3.3": ".rb", "provided": "", "provided.al2023": "",
	} {
		k, err := runtimes.Parse(name)
		if err != nil || strings.Join(append(k.Extensions(), ""), " ") != "" &&
			k.Extensions()[0] != want || want != "" && len(k.Extensions()) == 0 {
			t.Errorf("Parse(%q) = %v, %v, want %s", name, k, err, want)
		}
	}
	for _, name := range []string{"", "java21", "dotnet8", "py"} {
		if _, err := runtimes.Parse(name); err == nil || !strings.Contains(err.Error(), "command") {
			t.Errorf("Parse(%q): %v", name, err)
		}
	}
}

func TestCommandUsesVirtualEnvironment(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	python := filepath.Join(dir, ".venv", "bin", "python")
	if err := os.MkdirAll(filepath.Dir(python), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(python, []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	k, err := runtimes.Parse("python")
	if err != nil {
		t.Fatal(err)
	}
	command, err := k.Command(dir)
	if err != nil || command[0] != python || filepath.Base(command[1]) != "bootstrap.py" {
		t.Errorf("Command = %q, %v", command, err)
	}
	if k, _ = runtimes.Parse("provided"); k.Extensions() != nil {
		t.Error("a program has extensions")
	}
	if command, err := k.Command(dir); err != nil || command[0] != "./bootstrap" {
		t.Errorf("provided: %q, %v", command, err)
	}
}

// A file of source. Each handler does what the event's "do" says.
const (
	pythonSource = `
import decimal, logging
logging.getLogger().setLevel("INFO")
def handler(event, context):
    do = event.get("do")
    if do == "log":
        logging.info("hello")
        print("plain")
    if do == "fail":
        raise ValueError("no table")
    if do == "set":
        return {1, 2}
    if do == "exit":
        raise SystemExit(3)
    if do == "context":
        left = context.get_remaining_time_in_millis()
        return [context.function_name, context.aws_request_id != "", 0 < left <= 60000,
                context.memory_limit_in_mb, context.client_context.custom["k"]]
    return decimal.Decimal("1.5")
`
	commonSource = `
exports.handler = async (event, context) => {
  switch (event.do) {
  case "log": console.log("hello", { a: 1 }); console.error(new Error("seen")); break;
  case "fail": throw new TypeError("no table");
  case "reject": Promise.reject(new Error("lost")); return new Promise((r) => setTimeout(r, 1000));
  case "context": return [context.functionName, context.awsRequestId !== "",
    context.getRemainingTimeInMillis() > 0, context.memoryLimitInMB,
    context.clientContext.custom.k];
  }
  return 1.5;
};
exports.callback = (event, context, callback) => {
  if (event.do === "fail") callback(new TypeError("no table"));
  else setTimeout(() => callback(null, 1.5), 1);
};
exports.nested = { deep: { handler: (event, context) => context.succeed(1.5) } };
exports.nothing = async () => {};
`
	rubySource = `
require "json"
def handler(event:, context:)
  case event["do"]
  when "log" then puts "hello"
  when "fail" then raise ArgumentError, "no table"
  when "exit" then exit 3
  when "context"
    left = context.get_remaining_time_in_millis
    return [context.function_name, context.aws_request_id != "", left > 0 && left <= 60000,
            context.memory_limit_in_mb, context.client_context["custom"]["k"]]
  end
  1.5
end
module Chat
  class Room
    def self.say(event:, context:) = { statusCode: 200, body: event["do"] }
  end
end
`
	moduleSource = `
import { basename } from "node:path";
export const handler = async (event) => {
  if (event.do === "fail") throw new TypeError("no table");
  return 1.5;
};
export default { other: async () => basename("/x/1.5") };
`
)

var sources = map[string]string{
	"src/app.py": pythonSource, "app.js": commonSource, "module.mjs": moduleSource,
	"broken.py": "def handler(:\n", "broken.js": "exports.handler = (\n",
	"missing.py": "import no_such_module\n", "missing.js": "require('no-such-module')\n",
	"typed.ts":  "export const handler = 1\n",
	"stream.js": "exports.handler = awslambda.streamifyResponse()\n",

	"src/app.rb": rubySource, "other.rb": "require 'no_such_gem'\n", "broken.rb": "def (\n",
	"sdk.rb": "require 'aws-sdk-nothing'\n",

	"bundled.rb": "require 'tiny'\ndef handler(event:, context:) = TINY\n",
	"vendor/bundle/ruby/1.0/gems/tiny-1.0/lib/tiny.rb": "TINY = 1.5\n",
	"vendor/bundle/ruby/1.0/specifications/tiny-1.0.gemspec": "Gem::Specification.new do |s|\n" +
		"s.name, s.version, s.summary, s.authors = 'tiny', '1.0', 'x', ['x']\nend\n",

	"named.js":           "module.exports.default = async () => 1.5\n",
	"typed/package.json": `{"type": "module"}`,
	"typed/app.js":       "export const handler = async () => 1.5\n",
	"untyped/app.js":     "export const handler = async () => 1.5\n",
	"old.js":             "require('aws-sdk')\n", "new.mjs": "import '@aws-sdk/client-s3'\n",
}

// deploy runs a function whose code is sources.
func deploy(t *testing.T, runtime, handler string) (*functions.Host, *output, error) {
	t.Helper()
	program := map[string]string{"python": "python3", "nodejs": "node", "ruby": "ruby"}[runtime]
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("functions of %s were not run: %v", runtime, err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	for name, text := range sources {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	k, err := runtimes.Parse(runtime)
	if err != nil {
		t.Fatal(err)
	}
	command, err := k.Command(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := new(output)
	h := &functions.Host{Output: out.add, Shown: true}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = h.Shutdown(ctx)
	})
	return h, out, h.Deploy(t.Context(), functions.Function{
		Name: "f", Dir: dir, Command: command, Handler: handler, InitTimeout: time.Minute,
	})
}

type output struct {
	mu   sync.Mutex
	text string
}

func (o *output) add(l functions.Line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text += l.Text + "\n"
}

func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text
	o.text = ""
	return text
}

func TestHandlers(t *testing.T) {
	const common = `["f",true,true,"128","v"]`
	python := strings.ReplaceAll(common, ",", ", ")
	for _, tt := range []struct {
		runtime, handler, do string
		want                 string // reply, or failure
		printed              []string
	}{
		{"python", "src/app.handler", "", "1.5", nil},
		{"python", "src.app.handler", "context", python, nil},
		{"python", "src/app.handler", "log", "1.5", []string{"[INFO]\t20", "\thello\n", "plain\n"}},
		{
			"python", "src/app.handler", "fail", "ValueError: no table",
			[]string{"[ERROR] ValueError: no table\nTraceback", `src/app.py", line 10, in handler`},
		},
		{
			"python", "src/app.handler", "set",
			"Runtime.MarshalError: Unable to marshal response: Object of type set", nil,
		},
		{"python", "src/app.handler", "exit", "exit status 3", nil},
		{"ruby", "src/app.handler", "", "1.5", nil},
		{"ruby", "src/app.handler", "context", common, nil},
		{"ruby", "bundled.handler", "", "1.5", nil},
		{"ruby", "src/app.handler", "log", "1.5", []string{"hello\n"}},
		{"ruby", "src/app.Chat::Room.say", "x", `{"statusCode":200,"body":"x"}`, nil},
		{
			"ruby", "src/app.handler", "fail", "Function<ArgumentError>: no table",
			[]string{"Error raised from handler method", "src/app.rb:6:in"},
		},
		{"ruby", "src/app.handler", "exit", "exit status 3", nil},
		{"nodejs", "app.handler", "", "1.5", nil},
		{"nodejs", "app.handler", "context", common, nil},
		{
			"nodejs", "app.handler", "log", "1.5",
			[]string{"Z\t", "\tINFO\thello { a: 1 }\n", "\tERROR\tError: seen\n    at "},
		},
		{
			"nodejs", "app.handler", "fail", "TypeError: no table",
			[]string{"\tERROR\tInvoke Error\tTypeError: no table\n    at exports.handler (", "app.js:5:"},
		},
		{
			"nodejs", "app.handler", "reject", "Runtime.UnhandledPromiseRejection: Error: lost",
			[]string{"Error: lost\n", "app.js:6:"},
		},
		{"nodejs", "app.callback", "", "1.5", nil},
		{"nodejs", "app.callback", "fail", "TypeError: no table", nil},
		{"nodejs", "app.nested.deep.handler", "", "1.5", nil},
		{"nodejs", "app.nothing", "", "null", nil},
		{"nodejs", "module.handler", "", "1.5", nil},
		{"nodejs", "named.default", "", "1.5", nil},
		{"nodejs", "typed/app.handler", "", "1.5", nil},
		{"nodejs", "untyped/app.handler", "", "1.5", nil},
		{"nodejs", "module.handler", "fail", "TypeError: no table", []string{"module.mjs:4:"}},
		{"nodejs", "module.other", "", `"1.5"`, nil},
	} {
		t.Run(tt.runtime+" "+tt.handler+" "+tt.do, func(t *testing.T) {
			h, out, err := deploy(t, tt.runtime, tt.handler)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // also after a failure
				r, err := h.Invoke(t.Context(), functions.Invocation{
					Function: "f", Payload: []byte(`{"do":"` + tt.do + `"}`),
					ClientContext: []byte(`{"custom":{"k":"v"}}`),
				})
				got := string(r.Payload)
				if err != nil {
					got = err.Error()
				}
				if err == nil && got != tt.want || !strings.Contains(got, tt.want) {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				printed := out.take()
				for _, text := range tt.printed {
					if !strings.Contains(printed, text) {
						t.Errorf("printed %q, want %q in it", printed, text)
					}
				}
			}
		})
	}
}

func TestHandlersThatCannotBeLoaded(t *testing.T) {
	for _, tt := range []struct{ runtime, handler, want string }{
		{"python", "handler", "Runtime.MalformedHandlerName: Bad handler 'handler'"},
		{"python", "app.handler", "Runtime.ImportModuleError: Unable to import module 'app'"},
		{"python", "missing.handler", "No module named 'no_such_module'"},
		{"python", "broken.handler", "Runtime.UserCodeSyntaxError: Syntax error in module 'broken'"},
		{"python", "src/app.other", "Runtime.HandlerNotFound: Handler 'other' missing on module"},
		{"ruby", "handler", "Runtime.MalformedHandlerName: Bad handler"},
		{"ruby", "none.handler", "Runtime.ImportModuleError: Unable to load none"},
		{"ruby", "other.handler", "bundle install, or gem install no_such_gem"},
		{"ruby", "sdk.handler", "must be installed: gem install aws-sdk-nothing"},
		{"ruby", "broken.handler", "Function<SyntaxError>"},
		{"ruby", "src/app.other", "Runtime.HandlerNotFound: Handler src/app.other is not defined"},
		{"ruby", "src/app.Chat::Hall.say", "Runtime.HandlerNotFound"},
		{"nodejs", "handler", "Runtime.MalformedHandlerName: Bad handler 'handler'"},
		{"nodejs", "none.handler", "Runtime.ImportModuleError: Cannot find module 'none'"},
		{"nodejs", "missing.handler", "Cannot find module 'no-such-module'"},
		{"nodejs", "broken.handler", "SyntaxError: "},
		{"nodejs", "app.other", "Runtime.HandlerNotFound: app.other is undefined or not exported"},
		{"nodejs", "typed.handler", "Cannot find module 'typed'; build typed.ts first"},
		{"nodejs", "old.handler", "must be installed: npm install aws-sdk"},
		{"nodejs", "new.handler", "must be installed: npm install @aws-sdk/client-s3"},
		{"nodejs", "stream.handler", "API Gateway does not stream"},
	} {
		t.Run(tt.runtime+" "+tt.handler, func(t *testing.T) {
			_, _, err := deploy(t, tt.runtime, tt.handler)
			e, ok := errors.AsType[*functions.FunctionError](err)
			if !ok || !e.Init || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("Deploy returned %v, want %s", err, tt.want)
			}
		})
	}
}
