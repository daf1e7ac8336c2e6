package cli_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// TestFlagsGoBeforeTheirVariables, and an error names the variable.
func TestFlagsGoBeforeTheirVariables(t *testing.T) {
	for _, tt := range []struct{ args, value, want, err string }{
		{"", "", "30s", ""},
		{"", "2s", "2s", ""},
		{"--long-name 1s", "2s", "1s", ""},
		{"--long-name 1s", "soon", "1s", ""},
		{"", "soon", "", `environment variable TYG_LONG_NAME: "soon": use a time from 0s to 1m0s`},
		{"", "2m", "", `environment variable TYG_LONG_NAME: "2m": use a time from 0s to 1m0s`},
	} {
		got := 30 * time.Second
		cmd := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
		cmd.SetOut(io.Discard)
		cli.AddDuration(cmd, &got, cli.Range[time.Duration]{Name: "long-name", High: time.Minute})
		cli.NameVariables(cmd, "long-name")
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			return cli.FromEnv(cmd, func(name string) string {
				if name != "TYG_LONG_NAME" {
					t.Errorf("it asks for %s", name)
				}
				return tt.value
			}, "long-name")
		}
		cmd.SetArgs(strings.Fields(tt.args))
		err := cmd.Execute()
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q with %q: %v, want %s", tt.args, tt.value, err, tt.err)
			}
			continue
		}
		if err != nil || got.String() != tt.want {
			t.Errorf("%q with %q: %v, %v, want %s", tt.args, tt.value, got, err, tt.want)
		}
		if v := cli.VariableOf(cmd.Flags().Lookup("long-name")); v != "TYG_LONG_NAME" {
			t.Errorf("the variable is %q", v)
		}
	}
}
