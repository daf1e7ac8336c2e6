// Package scratch makes temporary folders. What a process that was killed has left behind, a later
// one removes.
package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/internal/filelock"
)

// lockName is the file in each folder that its process has locked, as long as it lives.
const lockName = ".lock"

// A Dir is a temporary folder, which only this user may enter.
type Dir struct {
	Path   string
	unlock func()
}

// New makes a folder in parent, whose name begins with prefix; an empty parent is the system's
// folder for temporary files. It first removes the folders with this prefix that processes of this
// user have left there. A folder counts as left only if its lock is free, so folders of other
// programs stay, and so do all of them where files cannot be locked.
func New(parent, prefix string) (*Dir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent, prefix)
	for {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, err
		}
		d := &Dir{Path: path}
		if d.lock() {
			return d, nil
		}
	}
}

// lock locks the new folder. It returns false if another process was quicker: that one takes the
// folder for one that was left, and removes it.
func (d *Dir) lock() bool {
	file := filepath.Join(d.Path, lockName)
	unlock, err := filelock.Try(file)
	if errors.Is(err, filelock.ErrLocked) {
		return false
	}
	d.unlock = unlock
	if err != nil { // without locks the folder is never removed by others
		_, err := os.Stat(d.Path)
		d.unlock = func() { _ = os.Remove(file) }
		d.unlock()
		return err == nil
	}
	if _, err := os.Stat(file); err != nil {
		unlock()
		return false
	}
	return true
}

// Remove removes the folder with all that is in it.
func (d *Dir) Remove() error {
	err := os.RemoveAll(d.Path)
	d.unlock()
	if err != nil {
		err = os.RemoveAll(d.Path) // Windows removes no file that is open, such as the lock
	}
	return err
}

// sweep removes folders whose processes have died. What it cannot remove, it leaves.
func sweep(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // MkdirTemp says what is wrong
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || !isOurs(info) {
			continue
		}
		file := filepath.Join(path, lockName)
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if unlock, err := filelock.Try(file); err == nil {
			_ = (&Dir{path, unlock}).Remove()
		}
	}
}
