//go:build unix

package filelock_test

import (
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/filelock"
)

func TestTryLocksUntilUnlocked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := filelock.Try(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Try(file); err != filelock.ErrLocked {
		t.Errorf("the error of a second lock is %v", err)
	}
	unlock()
	again, err := filelock.Try(file)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
