// Package runtimes runs functions that have a handler and no program of their own: "app.handler" in
// Python, Node.js or Ruby, as Lambda, SAM and the Serverless Framework name them.
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

//go:embed bootstrap.py bootstrap.mjs bootstrap.rb adapter/*/*.py
var files embed.FS

// A Kind is a family of Lambda's runtimes.
type Kind struct {
	name       string
	file       string   // of the bootstrap; empty: the function has its own
	adapter    string   // directory of modules for those that are not installed; empty: none
	programs   []string // that run the file, the first that exists
	extensions []string // of sources
}

var (
	python = Kind{
		name: "python", file: "bootstrap.py",
		programs:   []string{".venv/bin/python", "venv/bin/python", "python3", "python"},
		extensions: []string{".py", ".json"},
	}
	nodejs = Kind{
		name: "nodejs", file: "bootstrap.mjs", programs: []string{"node"},
		extensions: []string{".js", ".mjs", ".cjs", ".json"},
	}
	ruby = Kind{
		name: "ruby", file: "bootstrap.rb", programs: []string{"ruby"},
		extensions: []string{".rb", ".json"},
	}
	provided = Kind{name: "provided"}
	golang   = Kind{name: "go"}

	// chalice is Python with a module chalice, and one of boto3, for where they are not installed.
	chalice = Kind{
		name: "chalice", file: python.file, adapter: "adapter",
		programs: python.programs, extensions: python.extensions,
	}
)

// ErrUnsupported is of a runtime that functions cannot have here.
var ErrUnsupported = errors.New("is not supported here")

// Parse returns the kind of a runtime by its name at Lambda, such as "python3.13", "nodejs22.x" or
// "provided.al2023", with or without the version: the version on this machine counts.
func Parse(name string) (Kind, error) {
	for _, k := range []Kind{python, nodejs, ruby, provided, golang, chalice} {
		if strings.HasPrefix(strings.ToLower(name), k.name) {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("runtime %q %w: use python, nodejs, ruby, go, provided or chalice, "+
		`or a "command" that speaks the Lambda Runtime API`, name, ErrUnsupported)
}

// Extensions returns the extensions of the files whose change needs new processes; none for
// programs that are built.
func (k Kind) Extensions() []string { return k.extensions }

// RunsTypeScript reports whether handlers may be written in TypeScript.
func (k Kind) RunsTypeScript() bool { return k.name == nodejs.name }

// Command returns the command of a function whose code is in dir. It writes the bootstrap into the
// user's cache if it is not there.
func (k Kind) Command(dir string) ([]string, error) {
	if k.file == "" {
		return []string{"./bootstrap"}, nil
	}
	args, err := k.install()
	if err != nil {
		return nil, fmt.Errorf("write runtime: %w", err)
	}
	for _, program := range k.programs {
		if strings.Contains(program, "/") { // of a virtual environment
			program = filepath.Join(dir, filepath.FromSlash(program))
		}
		if found, err := exec.LookPath(program); err == nil {
			return append([]string{found}, args...), nil
		}
	}
	return nil, fmt.Errorf("%s is not in PATH; install it", k.programs[len(k.programs)-1])
}

// install writes the files of a kind into the user's cache, in a directory for their content, and
// returns the arguments by which the program finds them. A user without a cache gets them in the
// directory for temporary files.
func (k Kind) install() ([]string, error) {
	names, sum, err := k.list()
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	dir := filepath.Join(cache, "tyg", "runtimes", sum)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		if dir, err = os.MkdirTemp("", "tyg-runtime-*"); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if err := write(dir, name); err != nil {
			return nil, err
		}
	}
	args := []string{filepath.Join(dir, k.file)}
	if k.adapter != "" {
		args = append(args, filepath.Join(dir, k.adapter))
	}
	return args, nil
}

// list returns the names of the files of a kind, and the hash of what is in them.
func (k Kind) list() (names []string, sum string, err error) {
	names = []string{k.file}
	if k.adapter != "" {
		err = fs.WalkDir(files, k.adapter, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, path)
			}
			return err
		})
	}
	h := sha256.New()
	for _, name := range names {
		text, e := files.ReadFile(name)
		err = errors.Join(err, e)
		fmt.Fprintf(h, "%s %d %s", name, len(text), text)
	}
	return names, hex.EncodeToString(h.Sum(nil)[:8]), err
}

// write writes a file below a directory, if it is not there.
func write(dir, name string) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if have, err := os.ReadFile(path); err == nil && string(have) == string(text) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path) // so that no other tyg reads a part of it
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // the first error says more
	}
	return err
}
