package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const releasesHelp = `releases lists the releases of a stage that AWS keeps, the newest first: the
number, when it was published, the commit of the project if Git knows it, the hash of its code,
and which share of the events it gets. The live release gets all of them, or with a canary the
others.

A release is a version of each function, with its code and its configuration. The key releases of
.tyg/config.json says how many are kept.

With --json the result is one JSON object, with the versions of each function.`

const releasesExample = `  tyg releases
  tyg releases --stage prod --json | jq '.releases[] | select(.share > 0)'`

// NewReleases returns the command "tyg releases", which calls run.
func NewReleases(run func(*cobra.Command, Flags) error) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:        "releases",
		SuggestFor: []string{"versions", "status", "history", "deployments"},
		Short:      "List what can be rolled back to",
		Long:       releasesHelp,
		Example:    releasesExample,
		Args:       cli.ExactArgs(),
		RunE:       func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.add(cmd)
	return cmd
}
