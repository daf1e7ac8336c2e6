package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
)

// deployed deploys the test binary to a functions.Host, whose Runtime API is that of "tyg local".
func deployed(t *testing.T, how string) (*functions.Host, error) {
	t.Helper()
	host := &functions.Host{Environ: []string{asFunction + "=" + how}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := host.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return host, host.Deploy(t.Context(), functions.Function{Name: "f", Command: []string{os.Args[0]}})
}

// The runtimes of this package and of AWS do the same with a Host.
func TestRuntimesAgree(t *testing.T) {
	for _, how := range []string{withRun, withAWSs} {
		t.Run(how, func(t *testing.T) {
			host, err := deployed(t, how)
			if err != nil {
				t.Fatal(err)
			}
			f := host.Integration("f")
			for _, tt := range []struct {
				text, reply string
				kind        string // of the failure
			}{
				{"x", `{"statusCode":200}`, ""},
				{"error", "", "errorString"},
				{"panic", "", "PanicError"},
				{"reject", "", "Rejection"},
				{"x", `{"statusCode":200}`, ""}, // the process lives on
			} {
				reply, err := f.Invoke(t.Context(), message(t, tt.text))
				if string(reply) != tt.reply || (err == nil) != (tt.kind == "") {
					t.Errorf("%s: %s, %v", tt.text, reply, err)
				}
				if e, ok := errors.AsType[*functions.FunctionError](err); ok && e.Type != tt.kind {
					t.Errorf("%s: type %q, want %q", tt.text, e.Type, tt.kind)
				}
			}
		})
	}
}

// A process that cannot handle events says why before it ends.
func TestDeployTellsInitError(t *testing.T) {
	_, err := deployed(t, cannotHandle)
	e, ok := errors.AsType[*functions.FunctionError](err)
	if !ok || !e.Init || !strings.Contains(e.Message, `identity source "nonsense"`) ||
		!json.Valid(e.Payload) {
		t.Errorf("Deploy returned %v", err)
	}
}
