package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/inforce"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/reference"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/visible"
)

const configHelp = `config is about .tyg/config.json, which "tyg local", "tyg gateway" and "tyg
deploy" read. A flag goes before its environment variable, and a variable before the file.`

func newConfig(e *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "config",
		SuggestFor: []string{"configuration", "settings", "validate"},
		Short:      "Check, show and describe the configuration",
		Long:       configHelp,
		Example:    "  tyg config check\n  tyg config show --stage prod --command gateway",
		Args:       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var names []string
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			return cli.Usagef(cmd, "there is no command %q%s", args[0], strict.DidYouMean(args[0], names))
		},
	}
	cmd.AddCommand(newConfigCheck(e), newConfigShow(e), newConfigSchema(e), newConfigReference(e))
	return cmd
}

// A configFile is a configuration that was read.
type configFile struct {
	project.Config
	name  string
	lines map[string]int
	notes []string // on old spellings, which begin with a line
}

// configFlags name a configuration and a stage.
type configFlags struct {
	dir, stage, command string
	json                bool
}

func (f *configFlags) add(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.dir, "project-dir", ".", "use the project in `DIR`")
	set.StringVar(&f.command, "command", "",
		"only what this `COMMAND` uses: local, gateway or deploy (default all)")
	set.BoolVar(&f.json, "json", false, "print JSON")
	cli.MustComplete(cmd, "command", commandNames)
}

// commandNames returns the commands that read the configuration.
func commandNames() []string { return []string{"local", "gateway", "deploy"} }

// uses returns the commands that were asked about, and all if none was.
func (f *configFlags) uses(cmd *cobra.Command) (project.Use, error) {
	all := map[string]project.Use{
		"": project.Local | project.Gateway | project.Deploy, "local": project.Local,
		"gateway": project.Gateway, "deploy": project.Deploy,
	}
	by, ok := all[f.command]
	if !ok {
		return 0, cli.Usagef(cmd, "--command %q: use one of %s", f.command,
			strings.Join(commandNames(), ", "))
	}
	return by, nil
}

// read reads the file of an argument, or that of the project.
func (f *configFlags) read(args []string, by project.Use) (configFile, error) {
	c := configFile{name: filepath.Join(f.dir, filepath.FromSlash(project.ConfigPath))}
	if len(args) > 0 {
		c.name = args[0]
	} else if own := filepath.Join(f.dir, filepath.FromSlash(project.GatewayPath)); isFile(own) &&
		(by == project.Gateway || !isFile(c.name)) {
		c.name = own
	}
	data, err := os.ReadFile(c.name)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w%s", err, noConfigHint(err, args))
	}
	c.lines = strict.Lines(data)
	if filepath.Base(c.name) == filepath.Base(project.ConfigPath) {
		c.Config, err = project.ParseConfig(data)
	} else {
		c.Config, c.notes, err = project.ParseGatewayFile(data)
	}
	if err == nil {
		err = strict.Locate(data, c.CheckRoutes())
	}
	return c, err
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func noConfigHint(err error, args []string) string {
	if len(args) > 0 || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return "; a project needs none, and tyg gateway --print-config prints an example"
}

const configCheckHelp = `check reads a configuration, by default .tyg/config.json, and reports the
first thing that is wrong with its line: text that is not JSON, an unknown key, a value outside of
its range, keys that do not fit together, routes without a target. It starts nothing; "tyg gateway
--check" also looks for the programs of functions, certificates and secrets.

Old spellings of gateway.json are reported with the new ones. With --command, so are keys that the
command does not use although they would be missed.

Exit status:
  0  the configuration is valid
  1  it is not, or cannot be read
  2  usage error`

// A checked is the result of config check --json.
type checked struct {
	File  string   `json:"file"`
	Valid bool     `json:"valid"`
	Error *fault   `json:"error,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// A fault is what is wrong with a configuration, and in which line if it was read.
type fault struct {
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

func newConfigCheck(e *cli.Env) *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:     "check [FILE]",
		Short:   "Check a configuration",
		Long:    configCheckHelp,
		Example: "  tyg config check\n  tyg config check /etc/tyg/config.json --json",
		Args:    cli.ExactArgs("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := f.uses(cmd)
			if err != nil {
				return err
			}
			return f.check(e, args, by)
		},
	}
	f.add(cmd)
	return cmd
}

func (f *configFlags) check(e *cli.Env, args []string, by project.Use) error {
	c, err := f.read(args, by)
	if err == nil && by == project.Gateway {
		err = c.checkGateway()
	}
	result := checked{File: c.name, Valid: err == nil}
	for _, note := range c.notes {
		result.Notes = append(result.Notes, c.name+":"+note)
	}
	if err == nil && f.command != "" {
		for _, stage := range inforce.Stages(c.Config) {
			unused := c.Unused(stage, by)
			if unused != "" && !slices.Contains(result.Notes, c.name+": "+unused) {
				result.Notes = append(result.Notes, c.name+": "+unused)
			}
		}
	}
	if f.json {
		result.Error = faultOf(err)
		if e := cli.PrintJSON(e.Stdout, result); e != nil || err == nil {
			return e
		}
		return &cli.StatusError{Status: cli.ExitFailure}
	}
	for _, note := range result.Notes {
		fmt.Fprintf(e.Stderr, "tyg: %s\n", visible.Line(note))
	}
	if err != nil {
		return inFile(c.name, err)
	}
	_, err = fmt.Fprintln(e.Stdout, "the configuration is valid")
	return err
}

// checkGateway reports a configuration without a stage that tyg gateway can serve.
func (c configFile) checkGateway() error {
	var err error
	for _, stage := range inforce.Stages(c.Config) {
		if err = c.At(stage).CheckGateway(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// lineOf splits an error that begins with a line.
func lineOf(err error) (line int, message string) {
	m := regexp.MustCompile(`(?s)^(\d+): (.*)$`).FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1]) // a number that is too large is none of ours
	return line, m[2]
}

func faultOf(err error) *fault {
	if err == nil {
		return nil
	}
	line, message := lineOf(err)
	return &fault{line, message}
}

// inFile puts the name of a file before an error that begins with a line.
func inFile(name string, err error) error {
	if line, _ := lineOf(err); line > 0 {
		return fmt.Errorf("%s:%w", name, err)
	}
	return err
}

const configShowHelp = `show prints the values that are in force for a stage, and where each comes
from: a line of the file, an environment variable, or the default. Flags of a command go before
all of them. Secrets are hidden: the values of variables with such a name, and the user names,
passwords and queries of URLs.`

// A shown is the result of config show --json.
type shown struct {
	File   string          `json:"file,omitempty"` // if there is one
	Stage  string          `json:"stage"`
	Values []inforce.Value `json:"values"`
}

func newConfigShow(e *cli.Env) *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:     "show [FILE]",
		Short:   "Print what is in force, and where it comes from",
		Long:    configShowHelp,
		Example: "  tyg config show\n  tyg config show --command gateway --stage prod --json",
		Args:    cli.ExactArgs("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := f.uses(cmd)
			if err != nil {
				return err
			}
			if err := value.Stage(f.stage); err != nil {
				return cli.Usagef(cmd, "--stage %q: %w", f.stage, err)
			}
			return f.show(e, args, by, cmd.Flags().Changed("stage"))
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.stage, "stage", "dev", "show this `STAGE`")
	cli.MustComplete(cmd, "stage", func() []string { return project.Stages(f.dir) })
	return cmd
}

func (f *configFlags) show(e *cli.Env, args []string, by project.Use, stageSet bool) error {
	c, err := f.read(args, by)
	if errors.Is(err, fs.ErrNotExist) && len(args) == 0 {
		c, err = configFile{}, nil // a project needs none
	}
	if err == nil && stageSet {
		err = c.CheckStage(f.stage)
	}
	if err != nil {
		return inFile(c.name, err)
	}
	values := inforce.Source{
		Config: c.Config, File: c.name, Lines: c.lines, Stage: f.stage, By: by, Getenv: e.Getenv,
	}.Values()
	if f.json {
		return cli.PrintJSON(e.Stdout, shown{c.name, f.stage, values})
	}
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	for _, v := range values {
		fmt.Fprintf(w, "%s\t%s\t%s\n", visible.Line(v.Key), visible.Line(v.Value),
			visible.Line(v.From.String()))
	}
	return w.Flush()
}

func newConfigSchema(e *cli.Env) *cobra.Command {
	return printing(e, &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the configuration",
		Long: "schema prints the JSON schema of .tyg/config.json, with which editors check and\n" +
			"complete it.",
		Example: "  tyg config schema > .tyg/schema.json    # and \"$schema\": \"./schema.json\"",
	}, func(*cobra.Command) ([]byte, error) { return reference.Schema() })
}

func newConfigReference(e *cli.Env) *cobra.Command {
	return printing(e, &cobra.Command{
		Use:   "reference",
		Short: "Print a page about all keys, flags and variables",
		Long: "reference prints a page in Markdown about every key of the configuration, every\n" +
			"flag and every environment variable: docs/configuration.md of this version.",
		Example: "  tyg config reference | less",
	}, func(cmd *cobra.Command) ([]byte, error) { return configPage(cmd.Root()) })
}

// printing makes a command of cmd that prints a text, or writes it to a file.
func printing(
	e *cli.Env, cmd *cobra.Command, text func(*cobra.Command) ([]byte, error),
) *cobra.Command {
	var output string
	cmd.Args = cli.ExactArgs()
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		data, err := text(cmd)
		if err != nil {
			return err
		}
		if output != "" {
			return os.WriteFile(output, data, 0o666)
		}
		_, err = e.Stdout.Write(data)
		return err
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`")
	return cmd
}
