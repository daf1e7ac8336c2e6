// Change measures what people wait for and what waits for them: "go run ./examples/echo" after a
// change of its source, and the memory of "tyg local" and "tyg gateway" without clients. It says
// where each goes, as a table in Markdown. Run it in the folder of the bench module:
//
//	go run ./cmd/change
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	n := flag.Int("n", 5, "how many changes; the median counts")
	idle := flag.Duration("idle", 5*time.Second, "how long tyg has no clients before it is measured")
	flag.Parse()
	if err := run(*n, *idle); err != nil {
		fmt.Fprintln(os.Stderr, "change:", err)
		os.Exit(1)
	}
}

func run(n int, idle time.Duration) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "change")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	e := &echo{root: root, temp: temp}
	rows, err := e.measure(n)
	if err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(temp, "tyg"), "./cmd/tyg")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build tyg: %w", err)
	}
	for _, c := range []command{local(root, temp), gateway(temp, e.program())} {
		r, err := c.measure(idle)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, r)
	}
	fmt.Println("| | | where it goes |\n|---|---|---|")
	for _, r := range rows {
		fmt.Printf("| %s | %s | %s |\n", r.what, r.figure, strings.Join(r.parts, "; "))
	}
	return nil
}

// A row is a line of the table.
type row struct {
	what, figure string
	parts        []string
}
