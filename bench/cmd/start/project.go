package main

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed project
var files embed.FS

// nodeModules has the AWS SDK for JavaScript after "make offline".
const nodeModules = "servers/offline/node_modules"

// A project is one of AWS SAM with a function.
type project struct {
	name    string
	runtime string
	file    string // of the function
	check   []string
	modules string // a folder that the function finds as node_modules; empty: none
}

func projects() []project {
	return []project{
		{
			name: "Python, boto3", runtime: "python3.13", file: "app.py",
			check: []string{"python3", "-c", "import boto3"},
		},
		{
			name: "Node.js, AWS SDK 3", runtime: "nodejs22.x", file: "app.mjs",
			check: []string{"node", "--version"}, modules: nodeModules,
		},
	}
}

// usable reports whether the function's modules are here.
func (p project) usable() error {
	if out, err := exec.Command(p.check[0], p.check[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(p.check, " "), err, out)
	}
	if p.modules == "" {
		return nil
	}
	if _, err := os.Stat(p.modules); err != nil {
		return errors.New(`run "make offline" first`)
	}
	return nil
}

// write writes the project into an empty directory.
func (p project) write(dir string) error {
	template, err := files.ReadFile("project/template.yaml")
	if err != nil {
		return err
	}
	code, err := files.ReadFile("project/" + p.file)
	if err != nil {
		return err
	}
	src := filepath.Join(dir, "src")
	if err := os.Mkdir(src, 0o777); err != nil {
		return err
	}
	text := strings.ReplaceAll(string(template), "RUNTIME", p.runtime)
	if err := os.WriteFile(filepath.Join(dir, "template.yaml"), []byte(text), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(src, p.file), code, 0o666); err != nil {
		return err
	}
	if p.modules == "" {
		return nil
	}
	modules, err := filepath.Abs(p.modules)
	if err != nil {
		return err
	}
	return os.Symlink(modules, filepath.Join(src, "node_modules"))
}
