package functions_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
)

// TestErrorsShowWhatTheOutputLacks: the message and the stack of a failure are shown once, by the
// output of the function or by the error.
func TestErrorsShowWhatTheOutputLacks(t *testing.T) {
	const boom = `no "way"`
	tests := []struct{ name, message, print string }{
		{"silent", boom, ""},
		{"printed", boom, "oh: " + boom + "\n"},
		{"message of an earlier event", boom, ""},
		{"printed with escapes", boom, `err="no \"way\""`},
		{"printed at length", boom + "\nand more", boom + "\n" + strings.Repeat("at a.go:1\n", 100)},
		{"short message", "no", "now\n"},
	}
	for output, h := range map[string]*functions.Host{
		"shown":     start(t, &functions.Host{Output: new(log).add, Shown: true}, self("echo error")),
		"not shown": start(t, &functions.Host{Output: new(log).add}, self("echo error")),
		"no output": start(t, &functions.Host{}, self("echo error")),
	} {
		for _, tt := range tests {
			failure, _ := json.Marshal(map[string]any{
				"errorType": "T", "errorMessage": tt.message, "stackTrace": []string{"a.go:1"},
				"print": tt.print,
			})
			_, err := h.Invoke(t.Context(), functions.Invocation{Function: "f", Payload: failure})
			e, ok := errors.AsType[*functions.FunctionError](err)
			if !ok {
				t.Fatalf("%s, %s: error %v", output, tt.name, err)
			}
			logged := output == "shown" && strings.HasPrefix(tt.name, "printed")
			if stack := strings.Contains(e.Error(), "\n\ta.go:1"); e.Logged != logged || stack == logged {
				t.Errorf("%s, %s: logged %t: %v", output, tt.name, e.Logged, e)
			}
		}
	}
}

func TestExitErrorShowsLinesOnce(t *testing.T) {
	for _, shown := range []bool{false, true} {
		h := start(t, &functions.Host{Output: new(log).add, Shown: shown}, self("orders"))
		_, _, err := do(t, h, order{Exit: 7})
		lines := strings.Contains(err.Error(), "\n\texiting with 7")
		if lines == shown || !strings.Contains(err.Error(), "exit status 7") {
			t.Errorf("shown %t: %v", shown, err)
		}
	}
}

func TestErrorIndentsStack(t *testing.T) {
	e := functions.FunctionError{
		Function: "f", Type: "ValueError", Message: "boom",
		Stack: []string{"  File \"a.py\", line 1, in f\n    g()\n", "  File \"a.py\", line 2, in g\n"},
	}
	want := "function \"f\" failed: ValueError: boom\n" +
		"\t  File \"a.py\", line 1, in f\n\t    g()\n\t  File \"a.py\", line 2, in g"
	if e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
	e = functions.FunctionError{Function: "f", Message: "boom"}
	if want := `function "f" failed: boom`; e.Error() != want {
		t.Errorf("without a type: %q, want %q", e.Error(), want)
	}
}
