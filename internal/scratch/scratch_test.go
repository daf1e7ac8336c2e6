//go:build unix

package scratch_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/tyg-dev/tyg/internal/scratch"
)

// parent is the variable that makes the test binary a process that makes a folder and is killed.
const parent = "SCRATCH_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parent); dir != "" {
		d, err := scratch.New(dir, "tyg-test-")
		if err == nil {
			err = os.WriteFile(filepath.Join(d.Path, "program"), nil, 0o700)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until it arrives
	}
	os.Exit(m.Run())
}

// die runs a process that leaves a folder in dir.
func die(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parent+"="+dir)
	cmd.Stderr = os.Stderr
	_ = cmd.Run()
	if got := cmd.ProcessState.String(); got != "signal: killed" {
		t.Fatalf("the process ended with %q", got)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func mustMake(t *testing.T, dir string) *scratch.Dir {
	t.Helper()
	d, err := scratch.New(dir, "tyg-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "program"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNewRemovesWhatADeadProcessHasLeft(t *testing.T) {
	dir := t.TempDir()
	die(t, dir)
	if got := names(t, dir); len(got) != 1 {
		t.Fatalf("the process has left %q", got)
	}
	d := mustMake(t, dir)
	if got := names(t, dir); !slices.Equal(got, []string{filepath.Base(d.Path)}) {
		t.Errorf("there is %q, want the new folder %s only", got, d.Path)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("Remove has left %q", got)
	}
}

func TestNewKeepsWhatIsNotLeftBehind(t *testing.T) {
	dir := t.TempDir()
	alive := filepath.Base(mustMake(t, dir).Path)
	die(t, dir)
	for i, name := range names(t, dir) {
		if name != alive { // as if it belonged to another program
			other := filepath.Join(dir, fmt.Sprint("other-", i))
			if err := os.Rename(filepath.Join(dir, name), other); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(other, filepath.Join(dir, "tyg-test-link")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "tyg-test-nolock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tyg-test-file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	if err := mustMake(t, dir).Remove(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); !slices.Equal(got, before) {
		t.Errorf("there is %q, and was %q", got, before)
	}
}

// Processes that start at the same time do not take the folders of the others for left ones.
func TestNewAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				d, err := scratch.New(dir, "tyg-test-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(d.Path, "file"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := d.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("there is still %q", got)
	}
}

func TestNewReportsAMissingParent(t *testing.T) {
	if _, err := scratch.New(filepath.Join(t.TempDir(), "missing"), "x-"); !os.IsNotExist(err) {
		t.Errorf("the error is %v", err)
	}
}
