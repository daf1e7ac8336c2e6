package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A stageCommand has what the verbs on a stage of a project share.
type stageCommand struct {
	stagecmd.Flags
	e     *cli.Env
	tools toolchain

	keepPackage bool    // in the project
	canary      float64 // share of the events of a new release; 0: all
	generated   bool    // generate all policies, whatever the configuration says
}

// aws returns the configuration of AWS clients. Flags override the environment, which overrides the
// profile and the region of the project. The default region is that of the stage.
func (r *stageCommand) aws(ctx context.Context, c project.Config) (aws.Config, error) {
	profile, region := c.Profile, cmp.Or(r.Region, c.At(r.Stage).Region)
	if r.e.Getenv("AWS_REGION") != "" || r.e.Getenv("AWS_DEFAULT_REGION") != "" {
		region = r.Region
	}
	state, err := deploy.ReadState(ctx, r.localStore())
	if err != nil {
		return aws.Config{}, err
	}
	for _, name := range []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
	} {
		if r.e.Getenv(name) != "" {
			profile = ""
		}
	}
	cfg, err := awsconfig.Load(ctx, awsconfig.Choice{
		Profile: cmp.Or(r.Profile, profile), Region: region, DefaultRegion: state.Region,
		Endpoint: r.Endpoint, Code: func(device string) (string, error) { return r.code(ctx, device) },
	})
	if err == nil {
		defer r.patience("AWS credentials")()
		err = deploy.Explain(awsconfig.Check(ctx, cfg))
	}
	return cfg, cli.Interrupted(ctx, err)
}

// cloud opens the account.
func (r *stageCommand) cloud(ctx context.Context, c project.Config) (*deploy.Cloud, error) {
	cfg, err := r.aws(ctx, c)
	if err != nil {
		return nil, err
	}
	cloud, err := deploy.Open(ctx, cfg, r.progress)
	return cloud, cli.Interrupted(ctx, err)
}

// progress prints a step. Waiting is not part of the result.
func (r *stageCommand) progress(line string) {
	out := r.e.Stdout
	if r.JSON || strings.HasPrefix(line, "Waiting ") {
		out = r.e.Stderr
	}
	fmt.Fprintln(out, visible.Block(line, ""))
}

// patience says what the command waits for, if it takes long. The caller calls done at its end.
func (r *stageCommand) patience(what string) (done func()) {
	timer := time.AfterFunc(deploy.Patience, func() { r.progress("Waiting for " + what) })
	return func() { timer.Stop() }
}

// warnUnused warns of keys that have no effect on AWS.
func (r *stageCommand) warnUnused(c project.Config) {
	if unused := c.Unused(r.Stage, project.Deploy); unused != "" {
		r.warn([]string{project.ConfigPath + ": " + unused})
	}
}

// warnError prints the error of what does not change the result.
func (r *stageCommand) warnError(do func() error) {
	if err := do(); err != nil {
		r.warn([]string{err.Error()})
	}
}

// warn prints warnings.
func (r *stageCommand) warn(warnings []string) {
	for _, text := range warnings {
		fmt.Fprintf(r.e.Stderr, "tyg: warning: %s\n", visible.Block(text, "  "))
	}
}
