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

For the functions of triggers, --sqs, --sns and --scheduled make the event that AWS would. A
handler that wants messages of a batch again has failed. EVENT.json is a file with the payload.

With --local it calls a function of "tyg local", which listens at --addr.

Without --name it calls the function that handles the event. tyg logs --name NAME prints its
log.

Exit status:
  0    the function returned
  1    the function failed, or could not be called
  2    there is no such function, or usage error
  130  interrupted by a signal; the function keeps running`

const invokeExample = `  tyg invoke --event message --body '/help'
  tyg invoke --name websocket_message < event.json
  tyg invoke --name jobs --sqs 'first message' --sqs 'second message'
  tyg invoke --local --name jobs --sqs 'a message'
  tyg invoke --local --name nightly --scheduled`

// Invoke has the flags of "tyg invoke".
type Invoke struct {
	Flags
	Name  string // of the function, as the project calls it
	Event string // one of [SampleEvents]
	Body  string // of a sample message

	File      string   // with the payload; empty: none
	SQS       []string // the messages of a batch
	SNS       string   // a notification
	Scheduled bool     // a tick of a schedule

	Local bool   // call a function of "tyg local"
	Addr  string // of "tyg local"
}

// SampleEvents returns the events of which "tyg invoke" has samples.
func SampleEvents() []string { return []string{"connect", "message", "disconnect"} }

// NewInvoke returns the command "tyg invoke", which calls run.
func NewInvoke(run func(*cobra.Command, Invoke) error) *cobra.Command {
	var i Invoke
	cmd := &cobra.Command{
		Use:     "invoke [EVENT.json]",
		Short:   "Call a function on AWS, or of tyg local",
		Long:    invokeHelp,
		Example: invokeExample,
		Args:    cli.ExactArgs("[EVENT.json]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				i.File = args[0]
			}
			if err := i.check(cmd); err != nil {
				return err
			}
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
	f.StringArrayVar(&i.SQS, "sqs", nil, "send a message of a queue with this `TEXT` (repeatable)")
	f.StringVar(&i.SNS, "sns", "", "send a notification of a topic with this `TEXT`")
	f.BoolVar(&i.Scheduled, "scheduled", false, "send what a schedule sends, with the time now")
	f.BoolVar(&i.Local, "local", false, "call a function of tyg local")
	f.StringVar(&i.Addr, "addr", "127.0.0.1:8000", "where tyg local listens, `HOST:PORT`")
	i.completeFunctions(cmd, "name")
	cli.MustComplete(cmd, "event", SampleEvents)
	return cmd
}
