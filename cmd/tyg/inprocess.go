package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

func (l *localRun) runInProcess(ctx context.Context) error {
	if c, err := l.config(); err == nil && c.At(l.stage).NATS == project.EmbeddedNATS {
		fmt.Fprintf(l.Stderr, "tyg: %s: \"nats\" is embedded for functions; with --in-process it "+
			"needs the URL of a server\n", project.ConfigPath)
	}
	return local.InProcess{
		Dir: l.Dir, Args: l.Args, Files: l.Files, NoReload: l.NoReload,
		Stdout: l.Stdout, Stderr: l.Stderr,
		Environ: func() ([]string, error) {
			c, err := l.config()
			return l.environ(c, os.Environ()), err
		},
	}.Run(ctx)
}

// environ returns the environment of the program. Of several entries with one name the last counts,
// so flags override the user's environment, which overrides the configuration.
func (l *localRun) environ(c project.Config, user []string) []string {
	s := c.At(l.stage)
	if s.TLS != nil && s.TLS.CertFile != "" {
		s.TLS = &project.TLS{CertFile: l.path(s.TLS.CertFile), KeyFile: l.path(s.TLS.KeyFile)}
	}
	list := append(c.Environ(l.stage), "TYG_ADDR=127.0.0.1:8000")
	list = append(list, s.ProgramVariables()...)
	if c.AppName != "" {
		list = append(list, "TYG_APP_NAME="+c.AppName)
	}
	list = append(list, originVariable(s.Origins))
	if s.NATS != "" && s.NATS != project.EmbeddedNATS {
		list = append(list, "TYG_NATS_URL="+s.NATS)
	}
	for _, entry := range user {
		if !l.stageSet || !strings.HasPrefix(entry, "TYG_STAGE=") {
			list = append(list, entry)
		}
	}
	if l.Addr != "" {
		list = append(list, "TYG_ADDR="+l.Addr)
	}
	if len(l.Origins) > 0 {
		list = append(list, originVariable(c.At(l.stage).Origins, l.Origins))
	}
	if l.Cert != "" {
		list = append(list, "TYG_CERT="+l.Cert, "TYG_KEY="+l.Key)
	}
	if l.drainSet {
		list = append(list, "TYG_DRAIN="+l.drain.String())
	}
	switch {
	case l.Inspect == local.InspectOff:
	case l.Inspect != "":
		list = append(list, "TYG_INSPECT="+l.Inspect)
	case !slices.ContainsFunc(list, func(entry string) bool {
		return strings.HasPrefix(entry, "TYG_INSPECT=")
	}):
		list = append(list, "TYG_INSPECT=127.0.0.1:0")
	}
	if l.scaleSet {
		list = append(list, "TYG_TIME_SCALE="+strconv.FormatFloat(l.TimeScale, 'g', -1, 64))
	}
	return list
}

// originVariable returns the variable for the origins of the program.
func originVariable(lists ...[]string) string {
	return "TYG_ORIGIN=" + strings.Join(local.Origins(lists...), ",")
}
