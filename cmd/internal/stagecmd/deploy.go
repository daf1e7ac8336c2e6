package stagecmd

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const deployHelp = `deploy puts the project on AWS: an API Gateway WebSocket API, a Lambda
function for each kind of event, their IAM role, their log groups, and the DynamoDB tables of
.tyg/config.json. It compares the account with the project, and creates, updates or deletes only
what differs; tyg plan prints the same steps without doing them. Clients stay connected.

A deploy that changes code or configuration publishes a release, a version of each function, and
then makes it live. tyg releases lists them, and tyg rollback makes an older one live again. With
--canary the new release gets this share of the events only: tyg promote gives it all of them, as
the next deploy without --canary does, and tyg rollback takes it back.

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
  tyg deploy --stage prod --canary 10%
  tyg connect "$(tyg url)"`

// Deploy has the flags of "tyg deploy" and "tyg plan".
type Deploy struct {
	Flags
	Share float64 // of the events that a new release gets at first; 0: all
}

// addCanary adds the flag for the share, and returns what checks it.
func (d *Deploy) addCanary(cmd *cobra.Command) (check func() error) {
	var text string
	cmd.Flags().StringVar(&text, "canary", "",
		"give the new release this `SHARE` of the events, such as 10%")
	return func() (err error) {
		if d.Share, err = ParseShare(text); err != nil {
			return cli.Usagef(cmd, "--canary %q: %w", text, err)
		}
		return nil
	}
}

// ParseShare reads a percentage, such as 10% or 0.5%. Empty is 0.
func ParseShare(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(percent >= 0.1 && percent <= 99.9) {
		return 0, errors.New("use a percentage from 0.1% to 99.9%, such as 10%")
	}
	return percent / 100, nil
}

// NewDeploy returns the command "tyg deploy", which calls run.
func NewDeploy(run func(*cobra.Command, Deploy) error) *cobra.Command {
	var d Deploy
	var check func() error
	cmd := &cobra.Command{
		Use:        "deploy",
		SuggestFor: []string{"publish", "push", "release"},
		Short:      "Put the project on AWS",
		Long:       deployHelp,
		Example:    deployExample,
		Args:       cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := check(); err != nil {
				return err
			}
			return run(cmd, d)
		},
	}
	d.add(cmd)
	check = d.addCanary(cmd)
	return cmd
}
