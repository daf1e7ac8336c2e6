package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/natsnodes"
)

// clusterFlags are the flags of gateways that are one, and of what outlives one of them.
type clusterFlags struct {
	project.Cluster
	insecure          bool
	disconnects, file string
}

// clusterFlagNames are those flags, which are also environment variables.
func clusterFlagNames() []string {
	return strings.Fields("cluster cluster-name node cluster-listen cluster-dir cluster-cert " +
		"cluster-cert-key cluster-ca cluster-shards nats-replicas nats-credentials nats-insecure " +
		"disconnects disconnects-file")
}

func (c *clusterFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&c.Nodes, "cluster", nil, "with --nats embedded, be one of these `NODES`, "+
		"such as node1:6222,node2:6222,node3:6222")
	f.StringVar(&c.Name, "cluster-name", "", "`NAME` of the cluster (default the api_id)")
	f.StringVar(&c.Node, "node", "", "`NAME` of this node, one of --cluster if that is there "+
		"(default that of the machine)")
	f.StringVar(&c.Listen, "cluster-listen", "",
		"listen for the nodes of --cluster on `HOST:PORT` (default the address of the node)")
	f.StringVar(&c.Dir, "cluster-dir", "",
		"keep the data of the embedded server in `DIR` (default .tyg/nats/ and the node)")
	f.StringVar(&c.CertFile, "cluster-cert", "", "certificate for the other nodes, a PEM `FILE`")
	f.StringVar(&c.KeyFile, "cluster-cert-key", "", "the key of --cluster-cert, a PEM `FILE`")
	f.StringVar(&c.CAFile, "cluster-ca", "",
		"the authority that has signed the certificates of the nodes, a PEM `FILE`")
	cli.AddInt(cmd, &c.Shards, cli.Range[int]{
		Name: "cluster-shards", Low: 0, High: 65536,
		Usage: "have all groups share so many `SUBJECTS` (default one for each group)",
	})
	cli.AddInt(cmd, &c.Replicas, cli.Range[int]{
		Name: "nats-replicas", Low: 0, High: 5,
		Usage: "keep each entry on so many `SERVERS` of NATS (default 1, or all that are embedded)",
	})
	f.StringVar(&c.CredentialsFile, "nats-credentials", "", "NATS credentials `FILE`")
	f.BoolVar(&c.insecure, "nats-insecure", false,
		"permit a NATS server on another machine without TLS or a credential")
	f.StringVar(&c.disconnects, "disconnects", "", "best-effort, or at-least-once: `HOW` the "+
		"disconnects of a gateway that is killed are told (default best-effort)")
	f.StringVar(&c.file, "disconnects-file", "",
		"keep them in `FILE` if there is no cluster (default .tyg/disconnects.log)")
	cli.NameVariables(cmd, clusterFlagNames()...)
	cli.NameVariable(cmd, "cluster", "TYG_CLUSTER_NODES")
	cli.NameVariable(cmd, "cluster-name", "TYG_CLUSTER")
}

// apply sets in over what flags and variables say. Paths are relative to the current directory.
func (c *clusterFlags) apply(
	cmd *cobra.Command, getenv func(string) string, over *project.StageConfig,
) error {
	if err := cli.FromEnv(cmd, getenv, clusterFlagNames()...); err != nil {
		return err
	}
	if err := c.check(cmd); err != nil {
		return err
	}
	for _, name := range []*string{
		&c.CertFile, &c.KeyFile, &c.CAFile, &c.CredentialsFile, &c.Dir, &c.file,
	} {
		if *name == "" {
			continue
		}
		abs, err := filepath.Abs(*name)
		if err != nil {
			return fmt.Errorf("find %s: %w", *name, err)
		}
		*name = abs
	}
	over.Cluster = c.Cluster
	if cmd.Flags().Changed("nats-insecure") {
		over.Cluster.Insecure = &c.insecure
	}
	over.Disconnects, over.DisconnectsFile = c.disconnects, c.file
	return nil
}

// check reports the first flag with a wrong value.
func (c *clusterFlags) check(cmd *cobra.Command) error {
	if len(c.Nodes) > 0 {
		if err := natsnodes.CheckNodes(natsnodes.Addresses(c.Nodes)); err != nil {
			return cli.Usagef(cmd, "--cluster: %w", err)
		}
	}
	if c.Name != "" {
		if err := value.Stage(c.Name); err != nil {
			return cli.Usagef(cmd, "--cluster-name %q: %w", c.Name, err)
		}
	}
	if c.Listen != "" {
		if err := value.Addr(c.Listen); err != nil {
			return cli.Usagef(cmd, "--cluster-listen %q: %w", c.Listen, err)
		}
	}
	switch c.disconnects {
	case "", "best-effort", "at-least-once":
	default:
		return cli.Usagef(cmd, "--disconnects %q: use best-effort or at-least-once", c.disconnects)
	}
	for _, f := range []struct{ name, text string }{
		{"node", c.Node}, {"cluster-dir", c.Dir}, {"disconnects-file", c.file},
	} {
		if strings.ContainsFunc(f.text, unicode.IsControl) {
			return cli.Usagef(cmd, "--%s %q: it has a control character", f.name, f.text)
		}
	}
	for _, f := range []struct{ name, text string }{
		{"cluster-cert", c.CertFile},
		{"cluster-cert-key", c.KeyFile},
		{"cluster-ca", c.CAFile},
		{"nats-credentials", c.CredentialsFile},
	} {
		if _, err := os.Stat(f.text); f.text != "" && err != nil {
			return cli.Usagef(cmd, "--%s %q: %w", f.name, f.text, err)
		}
	}
	return nil
}
