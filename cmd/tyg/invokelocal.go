package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/triggerevent"
	"github.com/tyg-dev/tyg/internal/visible"
	"github.com/tyg-dev/tyg/lambda"
)

// localPlace is where "tyg local" is, for events.
var localPlace = triggerevent.Place{Region: "us-east-1", AccountID: "000000000000"}

// invokeLocal calls a function of "tyg local", by Lambda's Invoke API.
func invokeLocal(cmd *cobra.Command, e *cli.Env, i stagecmd.Invoke) error {
	if err := value.Addr(i.Addr); err != nil {
		return cli.Usagef(cmd, "--addr %q: %w", i.Addr, err)
	}
	payload, err := localPayload(cmd, e, i)
	if err != nil {
		return err
	}
	f, err := lambda.NewFunction(lambda.FunctionConfig{
		Name: i.Name, Region: localPlace.Region, Endpoint: "http://" + i.Addr,
		Credentials: lambda.Key{AccessKeyID: "TYGLOCAL", SecretAccessKey: "local"},
	})
	if err != nil {
		return err
	}
	reply, err := f.Invoke(cmd.Context(), payload)
	if err != nil {
		return explainLocal(e, i, cli.Interrupted(cmd.Context(), err))
	}
	_, err = e.Stdout.Write(append(visible.JSON(reply), '\n'))
	return cmp.Or(err, i.FailedRecords(reply))
}

func localPayload(cmd *cobra.Command, e *cli.Env, i stagecmd.Invoke) ([]byte, error) {
	if event, err := i.TriggerEvent(localPlace, ""); event != nil || err != nil {
		return event, err
	}
	if _, ok := terminal.Of(e.Stdin); ok {
		return nil, cli.Usagef(cmd, "there is no payload; use --sqs TEXT, a file, or standard input")
	}
	return stagecmd.ReadPayload(e.Stdin)
}

// explainLocal prints the error of a function, and says what is wrong with a call.
func explainLocal(e *cli.Env, i stagecmd.Invoke, err error) error {
	if failed, ok := errors.AsType[*lambda.FunctionError](err); ok {
		fmt.Fprintf(e.Stderr, "%s: %s\n", visible.Line(failed.Type), visible.Block(failed.Message, "  "))
		return errors.New("the function failed; the output of tyg local says more")
	}
	refused, ok := errors.AsType[*lambda.ServiceError](err)
	switch {
	case ok && refused.Status == http.StatusNotFound:
		return fmt.Errorf("tyg local at %s has no function %q: %s", i.Addr, i.Name, refused.Message)
	case ok:
		return fmt.Errorf("call refused by tyg local at %s: %s", i.Addr, refused.Message)
	}
	return fmt.Errorf("call tyg local at %s: %w; start it, or name its address with --addr",
		i.Addr, err)
}
