package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Where the ledger and its table are, from the root of the project.
const (
	ledgerFile = "test/fuzz/minutes.tsv"
	tableFile  = "docs/fuzzing.md"
)

// A record is what was done with a target: for how long it had a processor, and with how many
// inputs.
type record struct {
	spent  time.Duration
	inputs int64
	last   string // the day
}

// A ledger has the records.
type ledger struct {
	file string
	done map[string]record // by "FOLDER NAME"
}

// key returns the key of a target.
func (t target) key() string { return t.folder + " " + t.name }

// readLedger reads the file, which need not be there.
func readLedger(file string) (*ledger, error) {
	l := &ledger{file: file, done: make(map[string]record)}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if line == "" {
			continue
		}
		var folder, name string
		var seconds int64
		var r record
		if _, err := fmt.Sscan(line, &folder, &name, &seconds, &r.inputs, &r.last); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		r.spent = time.Duration(seconds) * time.Second
		l.done[folder+" "+name] = r
	}
	return l, nil
}

// add adds to the record of t.
func (l *ledger) add(t target, did record) {
	r := l.done[t.key()]
	r.spent += did.spent
	r.inputs += did.inputs
	r.last = time.Now().UTC().Format(time.DateOnly)
	l.done[t.key()] = r
}

// next returns the target to try: of those most exposed, the one that was tried least. It reports
// false if all have reached the goal.
func (l *ledger) next(only string, goal time.Duration) (best target, ok bool) {
	for _, t := range targets {
		spent := l.done[t.key()].spent
		if spent >= goal || !strings.Contains(t.key(), only) {
			continue
		}
		if !ok || t.reads == best.reads && spent < l.done[best.key()].spent {
			best, ok = t, true
		}
	}
	return best, ok
}

// save writes the file and the table.
func (l *ledger) save() error {
	var b bytes.Buffer
	for _, t := range targets {
		if r, ok := l.done[t.key()]; ok {
			seconds := int(r.spent.Seconds())
			fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%s\n", t.folder, t.name, seconds, r.inputs, r.last)
		}
	}
	if err := os.WriteFile(l.file, b.Bytes(), 0o666); err != nil {
		return err
	}
	file := filepath.FromSlash(tableFile)
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(withTable(string(page), l.table())), 0o666)
}

// The lines of the page around its table.
const (
	tableBegins = "<!-- the table, by go run ./test/fuzz -list -->\n"
	tableEnds   = "<!-- end -->\n"
)

// withTable returns the page with a table in place of the one that it has.
func withTable(page, table string) string {
	before, rest, _ := strings.Cut(page, tableBegins)
	_, after, _ := strings.Cut(rest, tableEnds)
	return before + tableBegins + "\n" + table + "\n" + tableEnds + after
}

// table returns all records as a table.
func (l *ledger) table() string {
	var b strings.Builder
	b.WriteString("| parser | reads bytes of | minutes | million inputs | last |\n" +
		"|---|---|---|---|---|\n")
	for _, t := range targets {
		r := l.done[t.key()]
		fmt.Fprintf(&b, "| `%s`, `%s` | %v | %.1f | %.1f | %s |\n", t.folder, t.name, t.reads,
			r.spent.Minutes(), float64(r.inputs)/1e6, r.last)
	}
	return b.String()
}
