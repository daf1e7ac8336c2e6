package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/doctor"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/visible"
)

const doctorHelp = `doctor looks at what tyg needs of this machine and of the project in this
directory: the limit of open files, what the kernel has, the port, the Go toolchain, the
configurations, a template of another tool, the NATS server of TYG_NATS_URL, the identity on AWS,
and the clock. Each line is ok, warn or fail; below the last two stands what to do. No check takes
longer than two seconds.

With --json each finding is one JSON object in a line.

Exit status:
  0  no check has failed; there may be warnings
  1  a check has failed
  2  usage error`

func newDoctor(e *cli.Env) *cobra.Command {
	var asJSON, quiet bool
	dir := "."
	cmd := &cobra.Command{
		Use:               "doctor",
		SuggestFor:        []string{"diagnose", "env", "health", "setup"},
		Short:             "Check this machine and project, and say how to repair them",
		Long:              doctorHelp,
		Example:           "  tyg doctor\n  tyg doctor --json | jq 'select(.status != \"ok\")'",
		Args:              cli.ExactArgs(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			addr, err := cli.Addr(cmd, "", e.Getenv, "127.0.0.1:8000")
			if err != nil {
				return err
			}
			if !exists(dir, ".") {
				return cli.Usagef(cmd, "--project-dir %q: there is no such directory", dir)
			}
			d := &doctor.Doctor{
				Dir: dir, Addr: addr, Getenv: e.Getenv, Now: time.Now,
				HTTP: &http.Client{Timeout: doctor.Patience},
			}
			return examine(cmd, e, d, asJSON, quiet)
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "project-dir", dir, "look at the project in `DIR`")
	f.BoolVar(&asJSON, "json", false, "print each finding as a JSON object")
	f.BoolVarP(&quiet, "quiet", "q", false, "print only what is not ok")
	return cmd
}

// examine prints the findings.
func examine(cmd *cobra.Command, e *cli.Env, d *doctor.Doctor, asJSON, quiet bool) error {
	failed := 0
	var printing error
	_, colour := terminal.Of(e.Stdout)
	colour = colour && e.Getenv("NO_COLOR") == ""
	d.Examine(cmd.Context(), func(f doctor.Finding) {
		if f.Status == doctor.Fail {
			failed++
		}
		switch {
		case quiet && f.Status == doctor.OK:
		case asJSON:
			printing = cmp.Or(printing, cli.PrintJSONLine(e.Stdout, f))
		default:
			_, err := fmt.Fprint(e.Stdout, findingText(f, colour))
			printing = cmp.Or(printing, err)
		}
	})
	switch {
	case cmd.Context().Err() != nil:
		return cli.ErrInterrupted
	case printing != nil:
		return printing
	case failed == 1:
		return errors.New("1 check has failed")
	case failed > 0:
		return fmt.Errorf("%d checks have failed", failed)
	}
	return nil
}

// findingText returns a finding in one line, and what to do in another.
func findingText(f doctor.Finding, colour bool) string {
	status := fmt.Sprintf("%-4s", f.Status)
	if colour {
		status = map[doctor.Status]string{
			doctor.OK: "\x1b[32m", doctor.Warn: "\x1b[33m", doctor.Fail: "\x1b[31m",
		}[f.Status] + status + "\x1b[0m"
	}
	text := fmt.Sprintf("%s  %-21s  %s\n", status, f.Check, visible.Line(f.Detail))
	if f.Fix != "" {
		text += fmt.Sprintf("%29s%s\n", "", f.Fix)
	}
	return text
}
