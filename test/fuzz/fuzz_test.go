package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// TestTargetsAreAll compares the list with the fuzz targets that there are.
func TestTargetsAreAll(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for i, target := range targets {
		if listed[target.key()] {
			t.Errorf("%s is listed twice", target.key())
		}
		if i > 0 && target.reads < targets[i-1].reads {
			t.Errorf("%s stands behind less exposed parsers", target.key())
		}
		listed[target.key()] = true
	}
	function := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F`)
	found := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		folder, _ := filepath.Rel(root, filepath.Dir(path))
		for _, m := range function.FindAllSubmatch(text, -1) {
			found++
			if key := filepath.ToSlash(folder) + " " + string(m[1]); !listed[key] {
				t.Errorf("%s is not in targets.go", key)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(targets) {
		t.Errorf("%d targets are listed, and there are %d", len(targets), found)
	}
}

// TestPageHasTheTable compares the page with the ledger.
func TestPageHasTheTable(t *testing.T) {
	t.Parallel()
	l, err := readLedger(filepath.Join(root, ledgerFile))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, tableFile))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "\r\n", "\n")
	if withTable(text, l.table()) != text {
		t.Error("the table is old: go run ./test/fuzz -list")
	}
	known := make(map[string]bool)
	for _, target := range targets {
		known[target.key()] = true
	}
	for key := range l.done {
		if !known[key] {
			t.Errorf("%s has a record, and is no target", key)
		}
	}
}

// TestNextIsTheMostExposed asks what follows as time passes.
func TestNextIsTheMostExposed(t *testing.T) {
	t.Parallel()
	l := &ledger{done: make(map[string]record)}
	for i := range targets {
		next, ok := l.next("", time.Minute)
		if !ok || next != targets[i] {
			t.Fatalf("%d: %v, %v", i, next, ok)
		}
		l.add(next, record{spent: time.Minute, inputs: 1})
	}
	if next, ok := l.next("", time.Minute); ok {
		t.Errorf("all have their time, and then came %v", next)
	}
	if next, ok := l.next("FuzzFold", time.Hour); !ok || next.name != "FuzzFold" {
		t.Errorf("the only one: %v, %v", next, ok)
	}
	l.done[targets[1].key()] = record{}
	if next, _ := l.next("", time.Hour); next != targets[1] {
		t.Errorf("the one that had no time comes after %v", next)
	}
}

// TestLastCount reads what go test prints.
func TestLastCount(t *testing.T) {
	t.Parallel()
	const out = "fuzz: elapsed: 0s, gathering baseline coverage: 0/6 completed\n" +
		"fuzz: elapsed: 3s, execs: 102452 (34143/sec), new interesting: 5 (total: 11)\n" +
		"fuzz: elapsed: 6s, execs: 254452 (50667/sec), new interesting: 6 (total: 12)\nPASS\n"
	if n := lastCount(out); n != 254452 {
		t.Errorf("%d inputs", n)
	}
	if n := lastCount("PASS\n"); n != 0 {
		t.Errorf("%d inputs of nothing", n)
	}
}
