package script

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A script is refused with the place of the mistake, or runs to its end or to a failure with a line
// of the script, whatever the server says.
func FuzzScript(f *testing.F) {
	f.Add("send Hi\nexpect $.a[0][\"b\"] {\"c\": 1}\nset x $.a\nand match ^${x}$",
		`{"a":[{"b":{"c":1}}]}`)
	f.Add("set x \"\\n\"\nsend $${${x}\nexpect prefix ${x}", "\n")
	f.Add("expect hex 00\nexpect-close 1005", "\x00")
	f.Fuzz(func(t *testing.T, source, answer string) {
		s, err := Parse("f", []byte(source))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("the error has no place: %v", err)
			}
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		r := Runner{
			Script: s, Timeout: time.Millisecond, Out: io.Discard, Verbose: true,
			Getenv: func(string) string { return "" },
			Conn:   &server{answers: texts(answer, answer, answer), end: &ws.CloseError{Code: 1005}},
		}
		err = r.Run(ctx)
		failure, ok := err.(*Failure)
		if ok && (failure.Line < 1 || failure.Line > strings.Count(source, "\n")+1) {
			t.Errorf("the failure is at line %d", failure.Line)
		}
		if err != nil && !ok && ctx.Err() == nil {
			t.Errorf("the error is %v", err)
		}
	})
}
