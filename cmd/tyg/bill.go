package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/bill"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/visible"
)

const billHelp = `bill says what a load costs in a month on AWS (API Gateway, Lambda, DynamoDB, logs
and data), which quotas it exceeds, and from which load on servers of your own are cheaper.

The load is a recording of "tyg record" or "tyg local --record", taken as happening without a
pause, or --sessions times in a month; or, with --load, a description in JSON, of which
--print-load prints an example. A recording does not know how long handlers run and what they do
with tables: --handler, --memory, --table-reads and --table-writes say it.

The prices are a table in tyg, with a date and its sources. They are of us-east-1, without free
tiers and discounts. --print-prices prints it; --prices takes one of yours.

Exit status:
  0    the load is within all quotas
  1    bill failed
  2    usage error
  6    a quota is exceeded`

const billExample = `  tyg local --record session.jsonl
  tyg bill session.jsonl --sessions 600
  tyg bill --print-load > load.json
  tyg bill --load load.json --json | jq .total`

// exitOverQuota is the exit status for a load that exceeds a quota.
const exitOverQuota = 6

// A billRun has the flags of bill.
type billRun struct {
	recording, load, prices string
	sessions                float64
	handler                 time.Duration
	memory                  int
	reads, writes           float64
	json                    bool
	printPrices, printLoad  bool
}

func newBill(e *cli.Env) *cobra.Command {
	var b billRun
	cmd := &cobra.Command{
		Use:        "bill [RECORDING]",
		SuggestFor: []string{"cost", "costs", "price", "estimate"},
		Short:      "Price a load on AWS and on own servers",
		Long:       billHelp,
		Example:    billExample,
		Args:       cli.ExactArgs("[RECORDING]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				b.recording = args[0]
			}
			return b.run(cmd, e)
		},
	}
	f := cmd.Flags()
	f.StringVar(&b.load, "load", "", "price the load in the JSON `FILE`; - is standard input")
	f.StringVar(&b.prices, "prices", "", "use the prices in the JSON `FILE`")
	cli.AddFloat(cmd, &b.sessions, cli.Range[float64]{
		Name: "sessions", Low: 0, High: 1e9,
		Usage: "the recorded session happens `N` times in a month (default: without a pause)",
	})
	b.handler = 50 * time.Millisecond
	cli.AddDuration(cmd, &b.handler, cli.Range[time.Duration]{
		Name: "handler", Low: 0, High: 15 * time.Minute, Usage: "a handler runs for this `TIME`",
	})
	b.memory = 128
	cli.AddInt(cmd, &b.memory, cli.Range[int]{
		Name: "memory", Low: 128, High: 10240, Usage: "a function has so many `MB`",
	})
	cli.AddFloat(cmd, &b.reads, cli.Range[float64]{
		Name: "table-reads", Low: 0, High: 1e6, Usage: "read `UNITS` of DynamoDB for each message",
	})
	cli.AddFloat(cmd, &b.writes, cli.Range[float64]{
		Name: "table-writes", Low: 0, High: 1e6, Usage: "write `UNITS` of DynamoDB for each message",
	})
	f.BoolVar(&b.json, "json", false, "print JSON")
	f.BoolVar(&b.printPrices, "print-prices", false, "print the table of prices")
	f.BoolVar(&b.printLoad, "print-load", false, "print an example of a load")
	return cmd
}

func (b *billRun) run(cmd *cobra.Command, e *cli.Env) error {
	switch {
	case b.printPrices:
		_, err := e.Stdout.Write(bill.Table())
		return err
	case b.printLoad:
		return cli.PrintJSON(e.Stdout, exampleLoad())
	case (b.recording == "") == (b.load == ""):
		return cli.Usagef(cmd, "give a recording, or a description with --load")
	}
	table := bill.Table()
	if b.prices != "" {
		var err error
		if table, err = os.ReadFile(b.prices); err != nil {
			return fmt.Errorf("read prices: %w", err)
		}
	}
	prices, err := bill.Parse(table)
	if err != nil {
		return err
	}
	load, err := b.read(e, prices.MessageStep)
	if err != nil {
		return err
	}
	result := bill.Of(load, prices)
	if b.json {
		err = cli.PrintJSON(e.Stdout, result)
	} else {
		err = printBill(e.Stdout, result, prices)
	}
	if err == nil && len(result.Over) > 0 {
		err = &cli.StatusError{Status: exitOverQuota}
	}
	return err
}

// exampleLoad is the chat of docs/aws-costs.md.
func exampleLoad() bill.Load {
	l := bill.Default()
	l.Connections, l.ConnectionMinutes = 22_000, 10_560_000
	l.In, l.Out, l.BytesOut, l.Reads = 5_280_000, 105_600_000, 10_560_000_000, 3
	l.Peak = bill.Peak{Connections: 1000, Connects: 50, In: 30, Out: 600, Bytes: 4096, Minutes: 120}
	return l
}

// read returns the load that the arguments describe.
func (b *billRun) read(e *cli.Env, step int) (bill.Load, error) {
	if b.load != "" {
		data, err := readFileOr(b.load, e.Stdin)
		if err != nil {
			return bill.Load{}, fmt.Errorf("read load: %w", err)
		}
		return bill.ParseLoad(data)
	}
	f, err := os.Open(b.recording)
	if err != nil {
		return bill.Load{}, err
	}
	defer f.Close()
	settings := bill.Default()
	settings.Handler = float64(b.handler.Microseconds()) / 1000
	settings.Memory, settings.Reads, settings.Writes = float64(b.memory), b.reads, b.writes
	load, err := bill.FromRecording(f, step, b.sessions, settings)
	if err != nil {
		return load, fmt.Errorf("%s: %w", b.recording, err)
	}
	return load, nil
}

func readFileOr(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// printBill prints a bill for people.
func printBill(out io.Writer, b bill.Bill, p bill.Prices) error {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, line := range b.Lines {
		fmt.Fprintf(w, "%s\t%s %s\t%.2f\t\n", visible.Line(line.What),
			bill.Number(line.Amount), visible.Line(line.Unit), line.Price)
	}
	fmt.Fprintf(w, "a month on AWS\t%s, %s\t%.2f\t\n",
		visible.Line(p.Region), visible.Line(p.Currency), b.Total)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&text, "\n%d × %s with the same data: %.2f. ",
		b.Own.Servers, p.Server.Name, b.Own.Price)
	switch {
	case b.Own.BreakEven == 0:
		text.WriteString("This load costs nothing on AWS.\n")
	case b.Own.BreakEven < 1:
		fmt.Fprintf(&text, "Own servers are cheaper from %.0f %% of this load on.\n", 100*b.Own.BreakEven)
	default:
		fmt.Fprintf(&text, "Own servers are cheaper from %.1f times this load on.\n", b.Own.BreakEven)
	}
	fmt.Fprintf(&text, "Prices as of %s (%s).\n", p.AsOf, p.Note)
	for _, over := range b.Over {
		fmt.Fprintf(&text, "Over a quota: %s.\n", over)
	}
	_, err := io.WriteString(out, visible.Block(text.String(), ""))
	return err
}
