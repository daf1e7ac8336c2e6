package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const deployHelp = `deploy puts the project on AWS: an API Gateway WebSocket API, a Lambda
function for each kind of event, their IAM role, their log groups, and the DynamoDB tables of
.tyg/config.json. It compares the account with the project, and creates, updates or deletes only
what differs; tyg plan prints the same steps without doing them. Clients stay connected.

.tyg/deployed/STAGE.json lists what was created. Keep it under version control if several people
deploy. If a deploy fails or is interrupted, the next one continues.

With --json the result is one JSON object, and progress goes to standard error.

Exit status:
  0    the stage is deployed
  1    deploy failed; fix the cause and run it again
  2    usage error
  130  interrupted by a signal; run it again to continue`

const deployExample = `  tyg deploy
  tyg deploy --stage prod --profile work --region eu-central-1
  tyg connect "$(tyg url)"`

// NewDeploy returns the command "tyg deploy", which calls run.
func NewDeploy(run func(*cobra.Command, Flags) error) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:        "deploy",
		SuggestFor: []string{"publish", "push", "release"},
		Short:      "Put the project on AWS",
		Long:       deployHelp,
		Example:    deployExample,
		Args:       cli.ExactArgs(),
		RunE:       func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.add(cmd)
	return cmd
}
