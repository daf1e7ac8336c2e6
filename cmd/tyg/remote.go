package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// deployedPath is where a project keeps what it knows of its stages on AWS, below its directory.
const deployedPath = ".tyg/deployed"

// A remote is a stage of a project on AWS, as the flags of a verb name it.
type remote struct {
	e        *cli.Env
	dir      string // of the project
	stage    string
	profile  string
	region   string
	endpoint string
	asJSON   bool

	// keeps is for verbs that keep the deployment package that they make, and generated for those that
	// want all policies generated.
	keeps, generated bool
}

func newRemote(e *cli.Env) *remote { return &remote{e: e, dir: ".", stage: "dev"} }

// flags adds the flags that name the stage and the account. Verbs that call nobody have stageFlags.
func (r *remote) flags(cmd *cobra.Command) {
	r.stageFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&r.profile, "profile", "", "use this `PROFILE` of ~/.aws/config (AWS_PROFILE)")
	f.StringVar(&r.region, "region", "", "use this AWS `REGION` (AWS_REGION)")
	f.StringVar(&r.endpoint, "endpoint-url", "", "call all AWS services at this `URL` (AWS_ENDPOINT_URL)")
}

func (r *remote) stageFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.stage, "stage", "dev", "the `STAGE` of "+project.ConfigPath)
	f.StringVar(&r.dir, "project-dir", ".", "the project is in `DIR`")
	f.BoolVar(&r.asJSON, "json", false, "print JSON")
	err := cmd.RegisterFlagCompletionFunc("stage",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return r.stages(), cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic(err) // the flag is defined above
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return r.check(cmd) }
}

// check finds flags that make no sense. The name of a stage is part of names on AWS and of a file.
func (r *remote) check(cmd *cobra.Command) error {
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(r.stage) {
		return cli.Usagef(cmd, "--stage %q: a stage has letters, digits, - and _ only", r.stage)
	}
	if r.endpoint != "" && !regexp.MustCompile(`^https?://[^/]`).MatchString(r.endpoint) {
		return cli.Usagef(cmd, "--endpoint-url %q is not an http or https URL", r.endpoint)
	}
	return nil
}

// stages returns the stages that the project has, deployed or not.
func (r *remote) stages() []string {
	names := r.deployed()
	c, err := project.ReadConfig(r.dir)
	if err != nil {
		return names
	}
	for name := range c.Stages {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// deployed returns the stages of which there is something on AWS.
func (r *remote) deployed() []string {
	files, err := filepath.Glob(filepath.Join(r.dir, filepath.FromSlash(deployedPath), "*.json"))
	if err != nil {
		return nil
	}
	var names []string
	for _, file := range files {
		if s, err := deploy.ReadState(file); err == nil && len(s.Resources) > 0 {
			names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
		}
	}
	return names
}

// stateFile is what remembers the stage.
func (r *remote) stateFile() string {
	return filepath.Join(r.dir, filepath.FromSlash(deployedPath), r.stage+".json")
}

// state reads the state file of a stage that is deployed.
func (r *remote) state() (deploy.State, error) {
	s, err := deploy.ReadState(r.stateFile())
	if err != nil || len(s.Resources) > 0 {
		return s, err
	}
	text := fmt.Sprintf("stage %q is not deployed", r.stage)
	if names := r.deployed(); len(names) > 0 {
		return s, fmt.Errorf("%s; deployed are: %s", text, strings.Join(names, ", "))
	}
	if _, err := os.Stat(filepath.Join(r.dir, ".tyg")); err != nil {
		return s, fmt.Errorf("%s: there is no .tyg in %s; go to a project, or name one with --project-dir",
			text, r.dir)
	}
	return s, fmt.Errorf("%s; tyg deploy does that", text)
}

// aws returns the configuration of AWS clients. Flags win over the environment, which wins over the
// configuration of the project. The region of last resort is where the stage is.
func (r *remote) aws(ctx context.Context, profile string) (aws.Config, error) {
	state, err := deploy.ReadState(r.stateFile())
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
		Profile: cmp.Or(r.profile, profile), Region: r.region, DefaultRegion: state.Region,
		Endpoint: r.endpoint,
	})
	if err == nil {
		err = awsconfig.Check(ctx, cfg)
	}
	return cfg, cli.Interrupted(ctx, err)
}

// cloud opens the account. The profile is that of the project's configuration, and may be empty.
func (r *remote) cloud(ctx context.Context, profile string) (*deploy.Cloud, error) {
	cfg, err := r.aws(ctx, profile)
	if err != nil {
		return nil, err
	}
	cloud, err := deploy.Open(ctx, cfg)
	return cloud, cli.Interrupted(ctx, err)
}

// progress prints a line about what is being done. What is waited for is no result.
func (r *remote) progress(line string) {
	out := r.e.Stdout
	if r.asJSON || strings.HasPrefix(line, "Waiting ") {
		out = r.e.Stderr
	}
	fmt.Fprintln(out, line)
}

// warn prints what works, and not as one may think.
func (r *remote) warn(warnings []string) {
	for _, text := range warnings {
		fmt.Fprintf(r.e.Stderr, "tyg: warning: %s\n", text)
	}
}
