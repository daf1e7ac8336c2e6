package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const urlHelp = `url prints the URL of a stage on AWS. It reads the state of the stage. Without one,
as in a fresh checkout, it asks AWS, which finds the API by name and tag.

With --json it also prints the URL of the custom domain name, if there is one, and those of
triggers that serve HTTP.`

// NewURL returns the command "tyg url", which calls run.
func NewURL(run func(*cobra.Command, Flags) error) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:     "url",
		Short:   "Print the URL of a stage on AWS",
		Long:    urlHelp,
		Example: "  tyg url\n  tyg connect \"$(tyg url --stage prod)\"",
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.add(cmd)
	return cmd
}
