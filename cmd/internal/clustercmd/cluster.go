// Package clustercmd has the flags of "tyg cluster", for tyg and tyg-cluster.
package clustercmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/redact"
)

// ConfigVariable has the configuration of "tyg gateway" for tyg-cluster, as selfhost encodes it.
const ConfigVariable = "TYG_CLUSTER_GATEWAY"

// URLFile is the file, in the folder of an embedded server, that has its URL while it runs.
const URLFile = "url"

// Options are what the flags of the verbs say.
type Options struct {
	NATS        string
	Name        string
	Credentials string
	Insecure    bool
	Dir         string // of an embedded server
	JSON        bool
	Node        string // of drain
}

// A Run runs a verb.
type Run func(ctx context.Context, o Options) error

const help = `cluster asks the gateways that are one at a NATS server, and tells them to leave.
It talks to them over NATS, as they do to each other: a credential for NATS is enough.`

const statusHelp = `status prints the nodes of a cluster: their names, states, numbers of
connections, versions, and how long ago they were heard. A node is suspect when it was silent
for some heartbeats, and fenced when it has closed its clients because it has no contact with
the registry.

Exit status:
  0  all nodes are alive
  1  a node is suspect or fenced, or no node answered
  2  usage error`

const drainHelp = `drain tells a node to drain, as SIGTERM does: it closes its clients, lets its
handlers finish, leaves the cluster, and its process ends. Give the name of the node, or its
incarnation.`

// New returns the command.
func New(e *cli.Env, status, drain Run) *cobra.Command {
	cmd := &cobra.Command{
		Use: "cluster", Short: "Ask gateways that are joined over NATS", Long: help,
		Args: cli.ExactArgs(),
	}
	cmd.AddCommand(newStatus(e, status), newDrain(e, drain))
	return cmd
}

func newStatus(e *cli.Env, run Run) *cobra.Command {
	var o Options
	cmd := &cobra.Command{
		Use: "status", Short: "Print the nodes of a cluster", Long: statusHelp,
		Example: "  tyg cluster status --nats nats://127.0.0.1:4222",
		Args:    cli.ExactArgs(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, e); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	return cmd
}

func newDrain(e *cli.Env, run Run) *cobra.Command {
	var o Options
	cmd := &cobra.Command{
		Use: "drain NODE", Short: "Tell a node to drain and leave", Long: drainHelp,
		Example: "  tyg cluster drain web1/0.0.0.0:8000 --nats nats://127.0.0.1:4222",
		Args:    cli.ExactArgs("NODE"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd, e); err != nil {
				return err
			}
			o.Node = args[0]
			return run(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *Options) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.NATS, "nats", "", "`URL` of the NATS server (default TYG_NATS_URL); or embedded, "+
		"for that of a gateway on this machine")
	f.StringVar(&o.Dir, "dir", "", "with --nats embedded, the data of the gateway's server is in "+
		"`DIR` (default a folder of .tyg/nats)")
	f.StringVar(&o.Name, "cluster", "", "`NAME` of the cluster (default TYG_CLUSTER, or local)")
	f.StringVar(&o.Credentials, "credentials", "",
		"NATS credentials `FILE` (default TYG_NATS_CREDENTIALS)")
	f.BoolVar(&o.Insecure, "insecure", false, "permit another machine without TLS or credential")
}

// check fills what the flags leave to the environment.
func (o *Options) check(cmd *cobra.Command, e *cli.Env) error {
	for name, to := range map[string]*string{
		"TYG_NATS_URL": &o.NATS, "TYG_CLUSTER": &o.Name, "TYG_NATS_CREDENTIALS": &o.Credentials,
	} {
		if *to == "" {
			*to = e.Getenv(name)
		}
	}
	if o.Dir != "" && o.NATS == "" {
		o.NATS = project.EmbeddedNATS
	}
	o.Name = cmp.Or(o.Name, "local") // the api_id of a gateway whose file has none
	if o.NATS == "" {
		return cli.Usagef(cmd, "there is no NATS server; use --nats or TYG_NATS_URL")
	}
	if err := project.CheckNATS(o.NATS); err != nil {
		return cli.Usagef(cmd, "--nats %q: use the URL of a server, such as nats://127.0.0.1:4222",
			redact.Text(o.NATS))
	}
	if o.NATS != project.EmbeddedNATS {
		if o.Dir != "" {
			return cli.Usagef(cmd, "--dir %q is for --nats embedded", o.Dir)
		}
		return nil
	}
	return o.readURL()
}

// readURL finds the URL of an embedded server, which has a password, in its folder.
func (o *Options) readURL() error {
	files := []string{filepath.Join(o.Dir, URLFile)}
	if o.Dir == "" {
		files, _ = filepath.Glob(filepath.Join(".tyg", "nats", "*", URLFile)) // the pattern is good
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err == nil {
			o.NATS = strings.TrimSpace(string(data))
			return nil
		}
		if o.Dir != "" {
			return fmt.Errorf("find the embedded server: %w; does its gateway run?", err)
		}
	}
	return errors.New("no gateway with an embedded server runs in this project; name the folder of " +
		"its data with --dir")
}
