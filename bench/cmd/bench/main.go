// Bench builds the servers under servers/, runs them one at a time under the load client, and
// prints tables of the results, with the ratios of servers that ran in the same round:
//
//	go run ./cmd/bench                    everything; takes hours
//	go run ./cmd/bench -quick             a minute of echoes
//	go run ./cmd/bench -servers tyg,gws -c 1000 broadcast
//
// It runs in the folder of its module, on Linux. README.md says how to read the tables.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run runs the experiments that args name. It prints the results so far even after an error or a
// signal.
func run(ctx context.Context, args []string) error {
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	if o.draw {
		return (&bench{options: o}).keep("")
	}
	b, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	about := b.about(args)
	for _, x := range o.experiments {
		if err := b.experiment(ctx, x); err != nil {
			break // a signal
		}
	}
	return errors.Join(b.report(about), b.failures())
}

// report prints the tables, and writes the files that the flags name.
func (b *bench) report(about string) error {
	text := tables(b.rows)
	if b.targets {
		text = "\n### Targets\n\n" + targetTable(b.rows) + text
	}
	fmt.Print("\n", about, text)
	if b.markdown != "" {
		if err := b.writeMarkdown(b.markdown, about, text); err != nil {
			return err
		}
	}
	if b.svg != "" {
		if err := b.drawGrowth(b.svg); err != nil {
			return err
		}
	}
	return b.keep(about)
}

// keep adds the figures to those of earlier runs, and writes the page that shows them.
func (b *bench) keep(about string) error {
	if b.data == "" {
		return nil
	}
	all, err := readData(b.data)
	if err != nil {
		return err
	}
	if all.add(b.rows, about); len(b.rows) > 0 {
		if err := all.write(b.data); err != nil {
			return err
		}
	}
	if b.page == "" {
		return nil
	}
	return all.writePeople(b.data, b.page)
}

// bench is one run of the program.
type bench struct {
	options
	servers []server // that can run here
	bin     string
	cert    string // for TLS
	port    int
	rows    []row
}

// failures returns an error if a run failed, or if there was none.
func (b *bench) failures() error {
	n := 0
	for _, r := range b.rows {
		if r.err != nil {
			n++
		}
	}
	if n > 0 {
		return fmt.Errorf("%d of %d runs failed", n, len(b.rows))
	}
	if len(b.rows) == 0 {
		return errors.New("nothing was measured")
	}
	return nil
}
