package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/internal/visible"
)

func configOf(o clustercmd.Options) cluster.Config {
	return cluster.Config{
		URL: o.NATS, Name: o.Name, CredentialsFile: o.Credentials, Insecure: o.Insecure,
	}
}

// printStatus prints the nodes of a cluster.
func printStatus(ctx context.Context, e *cli.Env, o clustercmd.Options) error {
	list, err := cluster.Status(ctx, configOf(o))
	if err != nil {
		return err
	}
	if o.JSON {
		if err := cli.PrintJSON(e.Stdout, append([]cluster.NodeInfo{}, list...)); err != nil { // not null
			return err
		}
	} else if err := printTable(e, list); err != nil {
		return err
	}
	return healthy(list)
}

func printTable(e *cli.Env, list []cluster.NodeInfo) error {
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tINCARNATION\tSTATE\tCONNECTIONS\tDISCONNECTS\tVERSION\tPROTOCOL\tUP\tHEARD")
	for _, n := range list {
		up := "-"
		if !n.Started.IsZero() {
			up = time.Since(n.Started).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%v ago\n",
			visible.Line(cmp.Or(n.Node, "-")), visible.Line(n.Incarnation), visible.Line(n.State),
			n.Connections, visible.Line(n.Disconnects), visible.Line(cmp.Or(n.Program, "-")),
			n.Protocol, up, n.Lag.Round(time.Millisecond))
	}
	return w.Flush()
}

// healthy returns what is wrong with a cluster, or nil.
func healthy(list []cluster.NodeInfo) error {
	if len(list) == 0 {
		return errors.New("no node answers; is the name of the cluster right?")
	}
	for _, n := range list {
		if n.State == "suspect" || n.State == "fenced" {
			return fmt.Errorf("node %s is %s", cmp.Or(n.Node, n.Incarnation), n.State)
		}
	}
	return nil
}

// drain tells a node to drain.
func drain(ctx context.Context, o clustercmd.Options) error {
	return cluster.Drain(ctx, configOf(o), o.Node)
}
