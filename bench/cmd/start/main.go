// Start measures how long "tyg local" takes in a project of AWS SAM: from the start of the command
// to the first message that a function has echoed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

const help = `start builds tyg, and runs "tyg local" in projects of AWS SAM with a function in
Python and in Node.js, which posts each message back to its connection. It prints the medians of
how long it took until the URL was printed, and until the first message had come back.

Run it in the folder of the bench module. The first start of each project is not counted: it loads
files into memory. Needed are python3 with boto3, and node with the modules of "make offline".
A project whose modules are missing is left out.

Flags:`

func main() {
	n := flag.Int("n", 10, "`starts` of each project")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || *n < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*n, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(1)
	}
}

// A row is what was measured of a project, in milliseconds.
type row struct {
	Project string  `json:"project"`
	Starts  int     `json:"starts"`
	Serving float64 `json:"serving_ms"` // until the URL was printed
	Echoed  float64 `json:"echoed_ms"`  // until the first message came back
	Slowest float64 `json:"slowest_ms"` // of Echoed
}

func run(n int, asJSON bool) error {
	tyg, err := buildTyg()
	if err != nil {
		return err
	}
	var rows []row
	for _, p := range projects() {
		if err := p.usable(); err != nil {
			fmt.Fprintf(os.Stderr, "start: %s left out: %v\n", p.name, err)
			continue
		}
		r, err := measure(tyg, p, n)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return errors.New("no project has its modules here")
	}
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	fmt.Printf("| project | URL printed | first message echoed | slowest of %d |\n", n)
	fmt.Println("|---|---|---|---|")
	for _, r := range rows {
		fmt.Printf("| %s | %.2f s | %.2f s | %.2f s |\n",
			r.Project, r.Serving/1e3, r.Echoed/1e3, r.Slowest/1e3)
	}
	fmt.Printf("%d cores, %s\n", runtime.NumCPU(), runtime.Version())
	return nil
}

func buildTyg() (string, error) {
	tyg, err := filepath.Abs("bin/tyg-command") // bin/tyg is a server of the other programs here
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-C", "..", "-ldflags", "-s -w", "-o", tyg, "./cmd/tyg")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build tyg: %w", err)
	}
	return tyg, nil
}

// measure starts a project n times, and once before.
func measure(tyg string, p project, n int) (row, error) {
	dir, err := os.MkdirTemp("", "tyg-start-")
	if err != nil {
		return row{}, err
	}
	defer os.RemoveAll(dir)
	if err := p.write(dir); err != nil {
		return row{}, err
	}
	var serving, echoed []float64
	for i := range n + 1 {
		t, err := startOnce(tyg, dir)
		if err != nil {
			return row{}, fmt.Errorf("start %d: %w", i, err)
		}
		if i > 0 {
			serving, echoed = append(serving, millis(t.serving)), append(echoed, millis(t.echoed))
		}
	}
	return row{p.name, n, median(serving), median(echoed), slices.Max(echoed)}, nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// startOnce starts the project once, and ends it.
func startOnce(tyg, dir string) (t times, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := start(ctx, tyg, dir)
	if err != nil {
		return t, err
	}
	t, err = s.watch(ctx)
	if e := s.stop(); err != nil {
		err = fmt.Errorf("%w; it printed:\n%s", err, s.stderr.Bytes())
	} else {
		err = e
	}
	return t, err
}
