// Fuzz fuzzes the parsers one after the other for hours, those that strangers feed first, and
// remembers how long each was tried. It can be stopped at any time, and goes on where it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/tyg-dev/tyg/internal/stopsignal"
)

const help = `fuzz gives each parser a turn, those that read what strangers send first, until each
had its minutes of a processor, and writes what it did to test/fuzz/minutes.tsv and docs/fuzzing.md.
It uses one processor, and stops at the first input that a parser fails on, which go test has then
put into testdata/fuzz. Run it in the root of the project; an interrupt ends it.

Flags:`

// options are the command line.
type options struct {
	length time.Duration
	turn   time.Duration
	goal   time.Duration
	only   string
	list   bool
}

func main() {
	var o options
	flag.DurationVar(&o.length, "for", time.Hour, "how long")
	flag.DurationVar(&o.turn, "turn", 5*time.Minute, "how long a parser is tried before the next one")
	flag.DurationVar(&o.goal, "goal", 30*time.Minute, "how much of a processor each parser gets")
	flag.StringVar(&o.only, "only", "", "only parsers whose folder or name contains this")
	flag.BoolVar(&o.list, "list", false, "print what was done so far, and write the table again")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || o.length <= 0 || o.turn <= 0 || o.goal <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := stopsignal.Context(context.Background())
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	l, err := readLedger(ledgerFile)
	if err != nil {
		return err
	}
	if o.list {
		fmt.Print(l.table())
		return l.save()
	}
	b, err := newBuilder()
	if err != nil {
		return err
	}
	defer b.close()
	for end := time.Now().Add(o.length); ctx.Err() == nil; {
		rest := time.Until(end)
		t, ok := l.next(o.only, o.goal)
		if rest < time.Second || !ok {
			return nil
		}
		did, err := b.fuzz(ctx, t, min(rest, o.turn))
		l.add(t, did)
		if e := l.save(); e != nil {
			return errors.Join(err, e)
		}
		fmt.Printf("%s %s: %.1f minutes, %d inputs\n", t.folder, t.name, did.spent.Minutes(), did.inputs)
		if err != nil {
			return err
		}
	}
	return nil
}
