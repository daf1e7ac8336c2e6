package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/application"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/triggerevent"
	"github.com/tyg-dev/tyg/internal/visible"
	"github.com/tyg-dev/tyg/lambda"
)

// An invocation runs invoke.
type invocation struct {
	*stageCommand
	options stagecmd.Invoke
}

func functionNames(s deploy.State) []string {
	var names []string
	for _, fn := range s.Of(deploy.TypeFunction) {
		names = append(names, fn.Name)
	}
	return names
}

func (i *invocation) run(cmd *cobra.Command) error {
	state, err := i.deployed(cmd.Context())
	if err != nil {
		return err
	}
	fn, err := i.find(cmd, state)
	if err != nil {
		return err
	}
	payload, err := i.payload(cmd, fn, state)
	if err != nil {
		return err
	}
	return i.call(cmd.Context(), fn, payload)
}

// find returns the function that the flags name.
func (i *invocation) find(cmd *cobra.Command, state deploy.State) (deploy.Resource, error) {
	known := functionNames(state)
	name := i.options.Name
	switch {
	case name != "":
	case len(known) == 1:
		name = known[0]
	case i.options.Event == "":
		return deploy.Resource{}, cli.Usagef(cmd, "name a function with --name: %s",
			strings.Join(known, ", "))
	default:
		name = map[string]string{
			"connect": application.ConnectFunction, "message": application.MessageFunction,
			"disconnect": application.DisconnectFunction,
		}[i.options.Event]
	}
	fn, ok := state.Find(deploy.TypeFunction, name)
	if !ok {
		return fn, cli.Usagef(cmd, "there is no function %q%s; use one of %s",
			name, strict.DidYouMean(name, known), strings.Join(known, ", "))
	}
	if fn.FunctionARN == "" {
		return fn, fmt.Errorf("function %s does not exist yet: its deploy did not finish; run tyg deploy",
			name)
	}
	return fn, nil
}

// payload returns the payload of the call.
func (i *invocation) payload(
	cmd *cobra.Command, fn deploy.Resource, state deploy.State,
) ([]byte, error) {
	place := triggerevent.Place{Region: state.Region, AccountID: state.AccountID}
	if event, err := i.options.TriggerEvent(place, sourceOf(fn, state)); event != nil || err != nil {
		return event, err
	}
	if i.options.Event == "" {
		if cmd.Flags().Changed("body") {
			return nil, cli.Usagef(cmd, "--body is the text of a sample message; add --event message")
		}
		return i.read(cmd)
	}
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	data, err := sampleEvent(i.options.Event, i.options.Body, api)
	if err != nil {
		return nil, cli.Usagef(cmd, "%w", err)
	}
	return data, nil
}

// sourceOf returns the ARN of the queue or topic of a function, or "".
func sourceOf(fn deploy.Resource, state deploy.State) string {
	for _, kind := range []string{deploy.TypeEventSource, deploy.TypeSubscriber} {
		for _, res := range state.Of(kind) {
			if res.FunctionName == fn.FunctionName {
				return res.SourceARN
			}
		}
	}
	return ""
}

func (i *invocation) read(cmd *cobra.Command) ([]byte, error) {
	if _, ok := terminal.Of(i.e.Stdin); ok {
		return nil, cli.Usagef(cmd,
			"there is no payload; use --event message, or write one to standard input")
	}
	return stagecmd.ReadPayload(i.e.Stdin)
}

func (i *invocation) call(ctx context.Context, fn deploy.Resource, payload []byte) error {
	c, err := project.ReadConfig(i.Dir)
	if err != nil {
		return err
	}
	cfg, err := i.aws(ctx, c)
	if err != nil {
		return err
	}
	arn := fn.FunctionARN
	if fn.Alias != "" {
		arn += ":" + fn.Alias
	}
	f, err := lambda.NewFunction(lambda.FunctionConfig{
		ARN: arn, Credentials: awsconfig.Keys(cfg),
		Endpoint: awsconfig.Endpoint(ctx, cfg, "Lambda"),
	})
	if err != nil {
		return err
	}
	done := i.patience("function " + fn.FunctionName)
	result, err := f.Invoke(ctx, payload)
	done()
	if err != nil {
		return i.explain(cli.Interrupted(ctx, err))
	}
	failed := i.options.FailedRecords(result)
	if json.Valid(result) {
		result = visible.JSON(result)
	} else {
		result = []byte(visible.Block(string(result), ""))
	}
	_, err = i.e.Stdout.Write(append(result, '\n'))
	return cmp.Or(err, failed)
}

// explain prints the error of a function, and returns that of Lambda.
func (i *invocation) explain(err error) error {
	if failed, ok := errors.AsType[*lambda.FunctionError](err); ok {
		for _, line := range failed.Stack {
			fmt.Fprintf(i.e.Stderr, "  %s\n", visible.Line(line))
		}
		fmt.Fprintf(i.e.Stderr, "%s: %s\n",
			visible.Line(failed.Type), visible.Block(failed.Message, "  "))
		return errors.New("the function failed; see above")
	}
	if refused, ok := errors.AsType[*lambda.ServiceError](err); ok {
		if refused.Type == "ResourceNotFoundException" {
			return fmt.Errorf("call refused by Lambda: %s; if a deploy did not finish, run tyg deploy again",
				refused.Message)
		}
		return fmt.Errorf("call refused by Lambda with %s:\n%s",
			cmp.Or(refused.Type, "an unknown error"), refused.Message)
	}
	return err
}
