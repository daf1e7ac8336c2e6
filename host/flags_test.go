//go:build !tyg.lambda

package host_test

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/host"
)

// TestFlagsAreThoseOfTheHelp: what documentation lists is what a program takes.
func TestFlagsAreThoseOfTheHelp(t *testing.T) {
	_, err := host.Parse("app", []string{"-help"}, func(string) string { return "" }, io.Discard)
	help, ok := errors.AsType[*host.Help](err)
	if !ok {
		t.Fatal(err)
	}
	listed := 0
	host.Flags().VisitAll(func(f *flag.Flag) {
		listed++
		if !strings.Contains(help.Text, "\n  -"+f.Name+" ") &&
			!strings.Contains(help.Text, "\n  -"+f.Name+"\n") {
			t.Errorf("the help lacks -%s", f.Name)
		}
	})
	if got := strings.Count(help.Text, "\n  -"); got != listed {
		t.Errorf("the help has %d flags, and Flags %d", got, listed)
	}
}
