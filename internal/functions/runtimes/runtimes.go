// Package runtimes runs functions that have a handler and no program of their own: "app.handler" in
// Python or Node.js, as Lambda, SAM and the Serverless Framework name them.
package runtimes

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed bootstrap.py bootstrap.mjs
var files embed.FS

// A Kind is a family of Lambda's runtimes.
type Kind struct {
	name       string
	file       string   // of the bootstrap; empty: the function has its own
	programs   []string // that run the file, the first that exists
	extensions []string // of sources
}

var (
	python = Kind{
		"python", "bootstrap.py",
		[]string{".venv/bin/python", "venv/bin/python", "python3", "python"},
		[]string{".py", ".json"},
	}
	nodejs = Kind{
		"nodejs", "bootstrap.mjs", []string{"node"}, []string{".js", ".mjs", ".cjs", ".json"},
	}
	provided = Kind{"provided", "", nil, nil}
)

// Parse returns the kind of a runtime by its name at Lambda, such as "python3.13", "nodejs22.x" or
// "provided.al2023", with or without the version: the version on this machine counts.
func Parse(name string) (Kind, error) {
	for _, k := range []Kind{python, nodejs, provided} {
		if strings.HasPrefix(strings.ToLower(name), k.name) {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("runtime %q is not supported here: use python, nodejs or provided, or "+
		`a "command" that speaks the Lambda Runtime API`, name)
}

// Extensions returns the extensions of the files whose change needs new processes; none for
// programs that are built.
func (k Kind) Extensions() []string { return k.extensions }

// Command returns the command of a function whose code is in dir. It writes the bootstrap into the
// user's cache if it is not there.
func (k Kind) Command(dir string) ([]string, error) {
	if k.file == "" {
		return []string{"./bootstrap"}, nil
	}
	path, err := install(k.file)
	if err != nil {
		return nil, err
	}
	for _, program := range k.programs {
		if strings.Contains(program, "/") { // of a virtual environment
			program = filepath.Join(dir, filepath.FromSlash(program))
		}
		if found, err := exec.LookPath(program); err == nil {
			return []string{found, path}, nil
		}
	}
	return nil, fmt.Errorf("%s is not in PATH; install it", k.programs[len(k.programs)-1])
}

// install writes a file into the user's cache, in a directory for its content, and returns its
// path. A user without a cache gets it in the directory for temporary files.
func install(name string) (string, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	cache, err := os.UserCacheDir()
	dir := filepath.Join(cache, "tyg", "runtimes", hex.EncodeToString(sum[:8]))
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		if dir, err = os.MkdirTemp("", "tyg-runtime-*"); err != nil {
			return "", fmt.Errorf("write runtime: %w", err)
		}
	}
	path := filepath.Join(dir, name)
	if have, err := os.ReadFile(path); err == nil && string(have) == string(text) {
		return path, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("write runtime: %w", err)
	}
	temp, err := os.CreateTemp(dir, name+"-*")
	if err != nil {
		return "", fmt.Errorf("write runtime: %w", err)
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path) // so that no other tyg reads a part of it
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return "", fmt.Errorf("write runtime: %w", err)
	}
	return path, nil
}
