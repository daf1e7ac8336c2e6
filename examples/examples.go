// Package examples holds the sources of the example programs, which are also the templates of
// "tyg new-project". There is no second copy of them.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Module is the path of the module that the programs import.
const Module = "github.com/tyg-dev/tyg"

// Version stands for the version of [Module] in the go.mod of a [Project].
const Version = "v0.0.0"

//go:embed echo/*.go chat/*.go chat/chatlib/*.go chat/page/*
//go:embed modules/*.mod modules/*.sum
//go:embed functions/*/template.yaml functions/*/src functions/*/package.json
var sources embed.FS

// Templates returns the names that [Project] knows. The first is the default.
func Templates() []string { return []string{"echo", "chat"} }

// Functions returns the names of the templates without a program in Go: functions in other
// languages with a template of AWS SAM. [FunctionFiles] has their files.
func Functions() []string { return []string{"echo-python", "echo-node", "chat-node"} }

// FunctionFiles returns the files of a new project from one of the templates of [Functions]. Its
// API carries the name given.
func FunctionFiles(template, name string) (map[string][]byte, error) {
	files, root := make(map[string][]byte), "functions/"+template
	err := fs.WalkDir(sources, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := sources.ReadFile(file)
		text := strings.ReplaceAll(string(data), "Name: NAME\n", "Name: "+name+"\n")
		files[strings.TrimPrefix(file, root+"/")] = []byte(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", template, err)
	}
	return files, nil
}

// Project returns the files of a new project: the sources of the template, its own go.mod and its
// go.sum, by slash-separated path. The module and the application carry the name given. The go.mod
// requires [Module] at [Version], which the caller replaces; the go.sum has no line for it.
//
// The name must be fit for a module path and for a Go string.
func Project(template, name string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := fs.WalkDir(sources, template, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[strings.TrimPrefix(file, template+"/")], err = source(file, template, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", template, err)
	}
	for _, kind := range []string{"mod", "sum"} {
		data, err := sources.ReadFile("modules/" + template + "." + kind)
		if err != nil {
			return nil, fmt.Errorf("read template %s: %w", template, err)
		}
		files["go."+kind] = data
	}
	files["go.mod"] = append([]byte("module "+name+"\n\n"), files["go.mod"]...)
	return files, nil
}

// source returns one file of a template, with its import path and the application's name replaced.
func source(file, template, name string) ([]byte, error) {
	data, err := sources.ReadFile(file)
	if err != nil || path.Ext(file) != ".go" {
		return data, err
	}
	text := strings.ReplaceAll(string(data), Module+"/examples/"+template, name)
	if file == template+"/main.go" {
		text = regexp.MustCompile(`tyg\.New\("[^"]*"\)`).ReplaceAllString(text, `tyg.New("`+name+`")`)
		text = strings.Replace(text, "// Command "+template+" ", "// Command "+name+" ", 1)
	}
	return []byte(sortImports(text)), nil
}

// sortImports sorts the imports of a formatted file: the new path belongs elsewhere. Package
// go/format does it too, and brings 2 s of the time that the command takes to compile.
func sortImports(text string) string {
	head, rest, ok := strings.Cut(text, "import (\n")
	list, rest, closed := strings.Cut(rest, "\n)\n")
	if !ok || !closed {
		return text
	}
	groups := strings.Split(list, "\n\n")
	for i, group := range groups {
		lines := strings.Split(group, "\n")
		slices.SortFunc(lines, func(a, b string) int {
			return strings.Compare(a[strings.Index(a, `"`)+1:], b[strings.Index(b, `"`)+1:])
		})
		groups[i] = strings.Join(lines, "\n")
	}
	return head + "import (\n" + strings.Join(groups, "\n\n") + "\n)\n" + rest
}
