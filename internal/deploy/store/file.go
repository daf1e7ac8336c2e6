// Package store keeps the state of a stage: in a file, or in an object of S3.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/filelock"
)

var _ plan.Store = File{}

// A File is a state file. It and its directory are created when needed.
type File struct {
	Name string

	// LockFile is locked during a deploy. It stays; empty means that nothing is locked.
	LockFile string
}

// String returns the name of the file.
func (f File) String() string { return f.Name }

// Read reads the file. Its version is its content.
func (f File) Read(context.Context) (data []byte, version string, err error) {
	data, err = os.ReadFile(f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	return data, string(data), err
}

// Write replaces the file. A concurrent reader finds either the old file or the new one.
func (f File) Write(ctx context.Context, data []byte, version string) (string, error) {
	_, now, err := f.Read(ctx)
	if err != nil {
		return "", err
	}
	if now != version {
		return "", fmt.Errorf("%s has changed: %w", f.Name, plan.ErrChanged)
	}
	return string(data), replace(f.Name, data)
}

// Lock locks the lock file. The system releases the lock of a process that dies.
func (f File) Lock(context.Context) (release func() error, err error) {
	if f.LockFile == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(filepath.Dir(f.LockFile), 0o777); err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	unlock, err := filelock.Try(f.LockFile)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return func() error { return nil }, nil // Write still notices another process
	case errors.Is(err, filelock.ErrLocked):
		return nil, fmt.Errorf("%s is locked: %w", f.LockFile, plan.ErrChanged)
	case err != nil:
		return nil, fmt.Errorf("lock state: %w", err)
	}
	return func() error { unlock(); return nil }, nil
}

// replace writes a file atomically: under another name first.
func replace(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".state-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
