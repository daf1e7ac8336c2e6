package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const deployHelp = `deploy puts the project on AWS: an API Gateway WebSocket API, a Lambda function for
each kind of event, their IAM role, their logs, and the DynamoDB tables that .tyg/config.json declares.
It compares what is there with what should be, and makes, changes or deletes only what differs; tyg plan
prints that and does nothing. Clients stay connected.

What was made is in .tyg/deployed/STAGE.json, which belongs into version control if more than one
person deploys. A deploy that fails or is interrupted is repaired by the next one.

With --json the result is one JSON object, and progress goes to standard error.

Exit status:
  0    all is as it should be
  1    it failed; run it again after the reason is gone
  2    the command line makes no sense
  130  interrupted by a signal; run it again to go on`

const deployExample = `  tyg deploy
  tyg deploy --stage prod --profile work --region eu-central-1
  tyg connect "$(tyg url)"`

// NewDeploy returns the command "tyg deploy", which calls run.
func NewDeploy(run func(*cobra.Command, Flags) error) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:     "deploy",
		Short:   "Put the project on AWS",
		Long:    deployHelp,
		Example: deployExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.add(cmd)
	return cmd
}
