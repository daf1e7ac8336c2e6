package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	experiments []experiment

	quick    bool
	targets  bool     // run the experiments of the targets
	only     []string // servers, by name; none: the experiment's
	rounds   int
	duration time.Duration
	conns    []int // none: the experiment's, as for sizes and depths
	sizes    []int
	depths   []int
	rates    []int
	perProc  int
	starts   int
	svg      string
	without  []string // experiments of the targets to leave out

	noise   float64
	retries int
	gate    time.Duration
	pin     bool
	nice    int
	fifo    bool

	markdown string
	data     string
	page     string
	draw     bool
	profiles string
}

// parse reads the command line. Package flag writes its errors to w.
func parse(args []string, w io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(w)
	flags.Usage = func() {
		fmt.Fprintf(w, "usage: bench [flags] [targets|%s ...]\n",
			strings.Join(experimentNames(), "|"))
		flags.PrintDefaults()
	}
	o.defineRuns(flags)
	o.defineMachine(flags)
	flags.StringVar(&o.markdown, "md", "",
		"also write the tables to `file`; if it has places for tables, fill those")
	flags.StringVar(&o.svg, "svg", "", "growth: draw pictures in `folder`")
	flags.StringVar(&o.data, "data", "",
		"also keep the figures in `file`, which has those of earlier runs")
	flags.StringVar(&o.page, "page", "",
		"draw the charts of the figures in -data, and write the ratios into the place of this `file`")
	flags.BoolVar(&o.draw, "draw", false, "measure nothing: do what -page says")
	flags.StringVar(&o.profiles, "profiles", "", "write CPU profiles of Go servers to `folder`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.draw && o.page == "" || o.page != "" && o.data == "" {
		return o, errors.New("-draw needs -page, and -page needs -data")
	}
	set := make(map[string]bool)
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if o.quick {
		o.applyQuick(set)
	}
	return o, o.choose(flags.Args())
}

// defineRuns defines the flags that choose the runs.
func (o *options) defineRuns(flags *flag.FlagSet) {
	flags.BoolVar(&o.quick, "quick", false, "run a minute: few servers and sizes, one round")
	flags.Func("servers", "`name,...` (default: the experiment's)", func(v string) error {
		o.only = strings.Split(v, ",")
		return nil
	})
	flags.IntVar(&o.rounds, "rounds", 3, "rounds over all servers")
	flags.Func("without", "with targets: experiments to leave out, `name,...`", func(v string) error {
		o.without = strings.Split(v, ",")
		return nil
	})
	flags.DurationVar(&o.duration, "d", 3*time.Second, "duration of a measurement")
	intsVar(flags, &o.conns, "c", "connections, `n,...` (default: the experiment's)")
	intsVar(flags, &o.sizes, "s", "payload bytes, `n,...` (default: the experiment's)")
	intsVar(flags, &o.depths, "p", "messages in flight, `n,...` (default: the experiment's)")
	o.rates = []int{5000, 20000}
	intsVar(flags, &o.rates, "rates", "latency: messages a second, `n,...` (default 5000,20000)")
	o.starts = 30
	flags.Func("starts", "coldstart: starts of a function, whose medians count; `n` (default 30)",
		func(text string) (err error) {
			if o.starts, err = strconv.Atoi(text); err == nil && o.starts < 1 {
				err = fmt.Errorf("%d is not a positive number", o.starts)
			}
			return err
		})
	flags.IntVar(&o.perProc, "perproc", 18000, "idle: connections of a process, less than ulimit -n")
}

// defineMachine defines the flags about the machine.
func (o *options) defineMachine(flags *flag.FlagSet) {
	flags.Float64Var(&o.noise, "noise", 0.06, "repeat a run in which other programs used more `cores`")
	flags.IntVar(&o.retries, "retries", 3, "repetitions of a noisy run; the quietest counts")
	flags.DurationVar(&o.gate, "gate", 20*time.Second, "wait at most this long for a quiet machine")
	flags.BoolVar(&o.pin, "pin", canPin(), "server on core 0, client on core 1")
	flags.BoolVar(&o.fifo, "fifo", false,
		"server and client go before all programs without it (SCHED_FIFO; root), for a busy machine")
	flags.IntVar(&o.nice, "nice", bestNice(), "niceness of server and client; below 0: root only")
}

// applyQuick sets the values of a run of a minute, except those in set.
func (o *options) applyQuick(set map[string]bool) {
	if !set["servers"] {
		o.only = []string{"floor", "pooled", "tyg", "gws", "gorilla", "coder"}
	}
	if !set["rounds"] {
		o.rounds = 1
	}
	if !set["d"] {
		o.duration = time.Second
	}
	if !set["c"] {
		o.conns = []int{64}
	}
	if !set["s"] {
		o.sizes = []int{32, 512}
	}
	if !set["retries"] {
		o.retries = 0
	}
	if !set["gate"] {
		o.gate = time.Second
	}
}

// choose finds the experiments by their names. Without names it chooses echo with -quick, else all.
func (o *options) choose(names []string) error {
	if len(names) == 0 && o.quick {
		names = []string{"echo"}
	}
	if slices.Contains(names, "targets") {
		o.targets = true
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return name == "targets" || slices.Contains(targetExperiments(), name)
		})
		names = append(targetExperiments(), names...)
		names = slices.DeleteFunc(names, func(name string) bool {
			return slices.Contains(o.without, name)
		})
	}
	for _, name := range names {
		i := slices.IndexFunc(experiments(), func(x experiment) bool { return x.name == name })
		if i < 0 {
			return fmt.Errorf("no experiment %q; there are %s",
				name, strings.Join(experimentNames(), ", "))
		}
		o.experiments = append(o.experiments, experiments()[i])
	}
	if len(names) == 0 {
		o.experiments = experiments()
	}
	return nil
}

func intsVar(flags *flag.FlagSet, to *[]int, name, usage string) {
	flags.Func(name, usage, func(text string) error {
		*to = nil
		for field := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(field)
			if err != nil || n < 1 {
				return fmt.Errorf("%q is not a positive number", field)
			}
			*to = append(*to, n)
		}
		return nil
	})
}

// canPin reports whether server and client can have a core each.
func canPin() bool {
	_, err := exec.LookPath("taskset")
	return err == nil && runtime.NumCPU() >= 2
}

// bestNice returns the highest priority that this user may set.
func bestNice() int {
	if _, err := exec.LookPath("nice"); err == nil && os.Geteuid() == 0 {
		return -20
	}
	return 0
}
