package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const invokeHelp = `invoke calls a function of a stage on AWS, and prints what it returns. The payload is
standard input, as it is; or, with --event, what API Gateway would send for a connection that does not
exist: what the function sends to that is refused with 410.

Without --name it is the function that handles that event. tyg logs --name NAME tells what happened.

Exit status:
  0    the function returned
  1    it failed, or could not be called
  2    there is no such function, or the command line makes no sense
  130  interrupted by a signal; the function goes on`

const invokeExample = `  tyg invoke --event message --body '/help'
  tyg invoke --name websocket_message < event.json`

// Invoke has the flags of "tyg invoke".
type Invoke struct {
	Flags
	Name  string // of the function, as the project calls it
	Event string // one of [SampleEvents]
	Body  string // of a sample message
}

// SampleEvents returns the events that "tyg invoke" can make up.
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
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, i) },
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
