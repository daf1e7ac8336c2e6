package main

import (
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/host"
)

// wrongValues has a value of each flag that is refused before the command does anything. Flags with
// a range are wrong with -1000000, and switches with "maybe".
func wrongValues() map[string]string {
	return map[string]string{
		"addr": "nonsense", "admin-addr": "nonsense",
		"ca": "no/such/file", "event": "nonsense", "format": "nonsense",
		"header": "nonsense", "stage": "a/b", "endpoint-url": "ftp://host", "since": "yesterday",
		"template": "nonsense", "url": "ftp://host", "bare": "ftp://host", "management": "ftp://host",
		"project-dir": "no/such/folder", "config": "no/such/file", "subprotocol": "a b", "profile": "x",
		"origin": "a\x7fb", "host": "a:80", "cert": "no/such/file", "key": "no/such/file",
		"nats": "ftp://host", "message": "nonsense", "svg": "no/such/folder/file",
		"proxy": "nonsense", "script": "no/such/file", "redact-header": "a b",
		"redact-key": "a\x7fb", "ignore": "a\x7fb", "secret": "nonsense",
		"inspect": "nonsense", "record": "no/such/folder/file",
		"dynamodb-endpoint": "nonsense", "prepare": "no-such-program",
		"cluster": "a b", "cluster-name": "a b", "node": "a\x7fb", "cluster-listen": "nonsense",
		"cluster-dir": "a\x7fb", "cluster-cert": "no/such/file", "cluster-cert-key": "no/such/file",
		"cluster-ca": "no/such/file", "nats-credentials": "no/such/file",
		"disconnects": "nonsense", "disconnects-file": "a\x7fb", "dir": "no/such/folder",
		"command": "nonsense", "output": "no/such/folder/file", "load": "no/such/file",
		"prices": "no/such/file", "from": "nonsense", "canary": "nonsense",
	}
}

// checkedElsewhere are the flags of verbs on AWS whose values only tyg-aws or AWS can judge, and
// texts that may be anything.
func checkedElsewhere() []string {
	return strings.Fields("cluster credentials body execute filter first name profile region " +
		"tyg-source merge-template project-dir mfa-code sqs sns")
}

// eachCommand calls f for all commands below cmd.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	for _, sub := range cmd.Commands() {
		if sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		f(sub)
		eachCommand(sub, f)
	}
}

func TestEachFlagRefusesAValueOutsideOfItsRange(t *testing.T) {
	t.Chdir(t.TempDir())
	e := &cli.Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(string) string { return "" },
	}
	eachCommand(newRoot(e, nil), func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		verb := strings.TrimPrefix(cmd.CommandPath(), "tyg ")
		cmd.Flags().VisitAll(func(f *pflag.Flag) { refuses(t, verb, f) })
	})
}

// wrongValue returns a wrong value of a flag, and false if only AWS can judge its values.
func wrongValue(t *testing.T, verb string, f *pflag.Flag) (string, bool) {
	t.Helper()
	value, known := wrongValues()[f.Name]
	onAWS := !slices.Contains([]string{"gateway", "local"}, verb)
	switch kind := f.Value.Type(); {
	case kind == "range":
		return "-1000000", true
	case kind == "bool" || f.NoOptDefVal == "true":
		return "maybe", true
	case slices.Contains([]string{"int", "uint16", "float64", "duration"}, kind):
		t.Errorf("%s --%s has no range; use a Range of package cli", verb, f.Name)
		return "", false
	case strings.HasPrefix(f.Name, "limit-"), f.Name == "ping", f.Name == "concurrency":
		return "nonsense", true
	case onAWS && slices.Contains(checkedElsewhere(), f.Name):
		return "", false
	case !known:
		t.Errorf("%s --%s has no wrong value in this test", verb, f.Name)
	}
	return value, known
}

// refuses runs a command with a wrong value of a flag.
func refuses(t *testing.T, verb string, f *pflag.Flag) {
	t.Helper()
	value, ok := wrongValue(t, verb, f)
	if !ok {
		return
	}
	var stderr strings.Builder
	e := &cli.Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: os.Getenv,
	}
	args := append(strings.Fields(verb), "--"+f.Name+"="+value)
	switch verb {
	case "conformance":
		if f.Name != "url" {
			args = append(args, "--url=ws://127.0.0.1:1")
		}
	case "record":
		args = append(args, "http://127.0.0.1:1/#token")
	case "replay":
		args = append(args, "no/such/file")
		if f.Name != "url" {
			args = append(args, "--url=ws://127.0.0.1:1")
		}
	case "bill":
		if f.Name != "load" {
			args = append(args, "--load=no/such/load")
		}
	case "invoke":
		if f.Name == "addr" {
			args = append(args, "--local", "--name=f")
		}
	case "bench":
		args = append(args, "ws://127.0.0.1:1")
	case "new-project":
		args = append(args, "demo")
	case "package":
		args = append(args, "out")
	case "cluster drain":
		args = append(args, "node")
	}
	status := run(t.Context(), args, e)
	said := stderr.String()
	quoted := strings.Trim(strconv.QuoteToASCII(value), `"`)
	if status != cli.ExitUsage && status != cli.ExitFailure || !strings.Contains(said, quoted) ||
		strings.Contains(said, "strconv.") {
		t.Errorf("%q exits with %d and says %q", args, status, said)
	}
}

// TestEachTimeOfTheDrainIsAFlagAndAKey also looks at the flags and variables of programs that run
// by package host.
func TestEachTimeOfTheDrainIsAFlagAndAKey(t *testing.T) {
	gateway := newGateway(&cli.Env{Getenv: func(string) string { return "" }})
	var keys, fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[project.ServerConfig]()) {
		key := f.Tag.Get("json")
		if !strings.HasPrefix(key, "drain") {
			continue
		}
		keys = append(keys, f.Name)
		flag := strings.ReplaceAll(key, "_", "-")
		if gateway.Flags().Lookup(flag) == nil {
			t.Errorf("tyg gateway has no flag --%s", flag)
		}
		var cfg project.StageConfig
		d := new(drainFlags)
		cmd := new(cobra.Command)
		d.add(cmd)
		err := d.apply(cmd, func(name string) string {
			if name == "TYG_"+strings.ToUpper(key) {
				return "7s"
			}
			return ""
		}, &cfg)
		got := reflect.ValueOf(cfg).FieldByName(f.Name)
		if err != nil || got.IsNil() || got.Elem().Int() != int64(7*time.Second) {
			t.Errorf("TYG_%s sets %s to %v, %v", strings.ToUpper(key), f.Name, got, err)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[host.Config]()) {
		if strings.HasPrefix(f.Name, "Drain") {
			fields = append(fields, f.Name)
		}
	}
	if len(keys) < 3 || !slices.Equal(keys, fields) {
		t.Errorf("tyg gateway has %v, host.Config %v", keys, fields)
	}
}
