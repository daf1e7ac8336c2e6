package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func stateIn(dir string) func(string) string {
	return func(name string) string {
		if name == "XDG_STATE_HOME" {
			return dir
		}
		return ""
	}
}

func TestHistorySkipsEmptyRepeatedAndPrivateLines(t *testing.T) {
	getenv := stateIn(t.TempDir())
	h := OpenHistory(getenv)
	for _, line := range []string{"one", "two", "two", "", " secret", "one"} {
		h.Add(line)
	}
	for _, h := range []*History{h, OpenHistory(getenv)} {
		if h.Len() != 3 || h.At(0) != "one" || h.At(1) != "two" || h.At(2) != "one" {
			t.Errorf("history is %q, want one, two, one", h.lines)
		}
	}
}

func TestHistoryFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	OpenHistory(stateIn(dir)).Add("secret")
	info, err := os.Stat(filepath.Join(dir, "tyg", "history"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("permissions of the history file are %o, want 600", got)
	}
}

func TestHistoryRemovesOldestLines(t *testing.T) {
	getenv := stateIn(t.TempDir())
	h := OpenHistory(getenv)
	for i := range 2*maxHistory + 1 {
		h.Add(fmt.Sprint("line ", i))
	}
	newest := fmt.Sprint("line ", 2*maxHistory)
	for range 2 { // shortened by the first, read as it is by the second
		h = OpenHistory(getenv)
		if h.Len() != maxHistory || h.At(0) != newest {
			t.Fatalf("history has %d lines and ends with %q, want %d and %q",
				h.Len(), h.At(0), maxHistory, newest)
		}
	}
	data, err := os.ReadFile(h.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n != maxHistory {
		t.Errorf("history file has %d lines, want %d", n, maxHistory)
	}
}

func TestHistoryWithoutFileStaysInMemory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := OpenHistory(stateIn(dir))
	h.Add("one")
	if h.Len() != 1 || h.At(0) != "one" {
		t.Errorf("history is %q, want one", h.lines)
	}
}
