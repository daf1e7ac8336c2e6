package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A version is what this binary was built from.
type version struct {
	Version  string `json:"version"` // of the module, or "devel"
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the checkout had changes that no commit holds
}

func newVersion(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of tyg",
		Long: "version prints the version of tyg, of Go, and of the machine, and the commit\n" +
			"if the binary knows it.",
		Example: "  tyg version\n  tyg version --json",
		Args:    takes(),
		RunE: func(*cobra.Command, []string) error {
			v := versionOf(buildInfo())
			if asJSON {
				return json.NewEncoder(e.stdout).Encode(v)
			}
			_, err := fmt.Fprintln(e.stdout, v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// String returns one line, such as "tyg v0.1.0 go1.26.0 linux/amd64".
func (v version) String() string {
	s := fmt.Sprintf("tyg %s %s %s/%s", v.Version, v.Go, v.OS, v.Arch)
	switch {
	case v.Commit == "":
		return s
	case v.Modified:
		return s + " (commit " + v.Commit + ", modified)"
	}
	return s + " (commit " + v.Commit + ")"
}

func versionOf(info *debug.BuildInfo) version {
	v := version{Version: info.Main.Version, Go: runtime.Version()}
	v.OS, v.Arch = runtime.GOOS, runtime.GOARCH
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "devel"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// buildInfo returns what the linker wrote into this binary, empty if it wrote nothing.
func buildInfo() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return &debug.BuildInfo{}
}
