package stagecmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const invokeHelp = `invoke calls a function of a stage on AWS and prints its result. The payload
is standard input; or, with --event, a sample of what API Gateway sends. The connection of a
sample does not exist, so a message to it fails with 410.

Without --name it calls the function that handles the event. tyg logs --name NAME prints its
log.

Exit status:
  0    the function returned
  1    the function failed, or could not be called
  2    there is no such function, or usage error
  130  interrupted by a signal; the function keeps running`

const invokeExample = `  tyg invoke --event message --body '/help'
  tyg invoke --name websocket_message < event.json`

// Invoke has the flags of "tyg invoke".
type Invoke struct {
	Flags
	Name  string // of the function, as the project calls it
	Event string // one of [SampleEvents]
	Body  string // of a sample message
}

// SampleEvents returns the events of which "tyg invoke" has samples.
func SampleEvents() []string { return []string{"connect", "message", "disconnect"} }

// NewInvoke returns the command "tyg invoke", which calls run.
func NewInvoke(run func(*cobra.Command, Invoke) error) *cobra.Command {
	var i Invoke
	cmd := &cobra.Command{
		Use:     "invoke",
		Short:   "Call a function on AWS",
		Long:    invokeHelp,
		Example: invokeExample,
		Args:    cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if i.Event != "" && !slices.Contains(SampleEvents(), i.Event) {
				return cli.Usagef(cmd, "--event %q is not one of %s", i.Event,
					strings.Join(SampleEvents(), ", "))
			}
			return run(cmd, i)
		},
	}
	i.add(cmd)
	f := cmd.Flags()
	f.StringVarP(&i.Name, "name", "n", "", "call the function `NAME`, such as websocket_message")
	f.StringVar(&i.Event, "event", "", "send a sample `EVENT`: connect, message or disconnect")
	f.StringVar(&i.Body, "body", "hello", "the `TEXT` of the sample message")
	i.completeFunctions(cmd, "name")
	cli.MustComplete(cmd, "event", SampleEvents)
	return cmd
}
