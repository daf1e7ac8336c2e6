// Package stagecmd defines the commands of tyg that work on a stage on AWS: their names, their help
// and their flags. tyg lists, describes and completes them without compiling a client of AWS, and
// tyg-aws runs them.
package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/redact"
)

// Flags name the project, the stage and the account.
type Flags struct {
	Dir      string // of the project
	Stage    string
	Profile  string // of ~/.aws/config; empty: as the environment says
	Region   string // empty: as the environment says
	Endpoint string // of all services; empty: the usual ones
	MFACode  string // of the device of the profile; empty: ask
	JSON     bool
}

// add adds all flags to cmd.
func (f *Flags) add(cmd *cobra.Command) {
	f.addLocal(cmd)
	set := cmd.Flags()
	set.StringVar(&f.Profile, "profile", "", "use this `PROFILE` of ~/.aws/config (AWS_PROFILE)")
	set.StringVar(&f.Region, "region", "", "use this AWS `REGION` (AWS_REGION)")
	set.StringVar(&f.Endpoint, "endpoint-url", "",
		"call all AWS services at this `URL` (AWS_ENDPOINT_URL)")
	set.StringVar(&f.MFACode, "mfa-code", "",
		"use this `CODE` of the MFA device of the profile (TYG_MFA_CODE)")
	cli.NameVariable(cmd, "mfa-code", "TYG_MFA_CODE")
	cli.NameVariable(cmd, "profile", "AWS_PROFILE")
	cli.NameVariable(cmd, "region", "AWS_REGION")
	cli.NameVariable(cmd, "endpoint-url", "AWS_ENDPOINT_URL")
}

// addLocal adds the flags of a command that does not call AWS.
func (f *Flags) addLocal(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.Stage, "stage", "dev", "use this `STAGE` of "+project.ConfigPath)
	set.StringVar(&f.Dir, "project-dir", ".", "use the project in `DIR`")
	set.BoolVar(&f.JSON, "json", false, "print JSON")
	cli.MustComplete(cmd, "stage", func() []string { return project.Stages(f.Dir) })
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return f.check(cmd) }
}

// check reports the first flag with an impossible value. The name of a stage becomes part of names
// on AWS and of the name of a file.
func (f *Flags) check(cmd *cobra.Command) error {
	if err := value.Stage(f.Stage); err != nil {
		return cli.Usagef(cmd, "--stage %q: %w", f.Stage, err)
	}
	if f.Endpoint == "" {
		return nil
	}
	if err := value.HTTPURL(f.Endpoint); err != nil {
		return cli.Usagef(cmd, "--endpoint-url %q: %w", redact.Text(f.Endpoint), err)
	}
	return nil
}

// completeFunctions completes a flag with the names of the deployed functions.
func (f *Flags) completeFunctions(cmd *cobra.Command, flag string) {
	cli.MustComplete(cmd, flag, func() []string {
		return project.DeployedFunctions(f.Dir, f.Stage)
	})
}
