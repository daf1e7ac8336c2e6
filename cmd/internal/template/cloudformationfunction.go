package template

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// addFunction adds a function of SAM or CloudFormation.
func (b *builder) addFunction(id, kind string, r *yaml.Node) error {
	// What a template of SAM says of all functions counts where one says nothing.
	get := func(key string) *yaml.Node {
		if own := member(r, "Properties", key); own != nil {
			return own
		}
		if kind == samFunction {
			return member(b.root, "Globals", "Function", key)
		}
		return nil
	}
	var f project.Function
	var err error
	number := func(key string, fallback int) int {
		text, e := b.text(get(key))
		if e != nil {
			err = e
		}
		n, e := strconv.Atoi(text)
		if e != nil {
			return fallback
		}
		return n
	}
	f.Timeout, f.MemorySize = number("Timeout", lambdaTimeout), number("MemorySize", 0)
	if err != nil {
		return err
	}
	if f.Handler, err = b.text(get("Handler")); err != nil {
		return err
	}
	if f.Runtime, err = b.text(get("Runtime")); err != nil {
		return err
	}
	if kind := get("PackageType"); kind != nil && kind.Value == "Image" {
		return b.errorf(kind, "function %s is a container image, which tyg does not run", id)
	}
	if f.Directory, err = b.codeOf(id, r, get); err != nil {
		return err
	}
	b.unbuiltGo(&f)
	if f.Environment, err = b.environment(id, r, kind); err != nil {
		return err
	}
	if err := b.addLayers(&f, get("Layers")); err != nil {
		return err
	}
	b.addBuild(id, r, &f)
	if kind == samFunction {
		b.addSAMEvents(id, member(r, "Properties", "Events"))
	}
	b.result.Config.Functions[id], b.result.Places[id] = f, b.place(r)
	return nil
}

// isCompiled reports whether functions of a runtime are programs.
func isCompiled(runtime string) bool {
	return strings.HasPrefix(runtime, "go") || strings.HasPrefix(runtime, "provided")
}

// unbuiltGo names a program of Go by its path if the directory that the template names is still to
// be made, as bin is by make: "tyg local" builds it from its source.
func (b *builder) unbuiltGo(f *project.Function) {
	if !isCompiled(f.Runtime) || f.Directory == "" || len(b.code) == 0 {
		return
	}
	last := len(b.code) - 1
	if _, err := os.Stat(b.code[last].path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	b.code = b.code[:last]
	f.Directory, f.Handler = "", path.Join(f.Directory, f.Handler)
}

// addBuild notes how the SAM CLI builds a function, where its metadata says that.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html)
func (b *builder) addBuild(id string, r *yaml.Node, f *project.Function) {
	switch method := member(r, "Metadata", "BuildMethod"); {
	case method == nil:
	case method.Value == "makefile":
		b.result.Makes[id] = "build-" + id
	case method.Value == "esbuild":
		f.Handler = entryHandler(f.Handler, member(r, "Metadata", "BuildProperties", "EntryPoints"))
	}
}

// entryHandler returns a handler with the directory of the entry point that it is built from: what
// esbuild makes of src/app.ts is app.js.
func entryHandler(handler string, entries *yaml.Node) string {
	for _, entry := range elements(entries) {
		base := path.Base(entry.Value)
		if name := strings.TrimSuffix(base, path.Ext(base)); strings.HasPrefix(handler, name+".") {
			return path.Join(path.Dir(entry.Value), handler)
		}
	}
	return handler
}

// environment returns the variables of a function: those of all functions, and its own.
func (b *builder) environment(id string, r *yaml.Node, kind string) (project.Variables, error) {
	all := make(project.Variables)
	nodes := []*yaml.Node{member(r, "Properties", "Environment", "Variables")}
	if kind == samFunction {
		nodes = append([]*yaml.Node{member(b.root, "Globals", "Function", "Environment", "Variables")},
			nodes...)
	}
	for _, n := range nodes {
		err := members(n, func(key string, at *yaml.Node) error {
			return b.addVariable(all, id, key, at)
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// codeOf returns the directory of a function's code, relative to the template.
func (b *builder) codeOf(
	id string, r *yaml.Node, get func(string) *yaml.Node,
) (string, error) {
	at := get("CodeUri")
	if at == nil {
		at = get("Code")
	}
	if asset := b.asset(r, at); asset != nil {
		at = asset
	}
	for _, inline := range []*yaml.Node{get("InlineCode"), member(at, "ZipFile")} {
		if inline != nil {
			text, err := b.text(inline)
			b.result.Inline[id] = text
			return "", err
		}
	}
	switch {
	case at != nil && at.Kind != yaml.ScalarNode:
		return "", b.errorf(at, "the code of function %s is not on this machine", id)
	case at == nil:
		return "", nil
	}
	return b.path(at), nil
}

// asset returns where an assembly of the CDK has code: in the metadata, which only the command cdk
// writes, or in a directory that is named like the key in S3.
func (b *builder) asset(r, at *yaml.Node) *yaml.Node {
	if asset := member(r, "Metadata", "aws:asset:path"); asset != nil {
		return asset
	}
	key := member(at, "S3Key")
	if key == nil || key.Kind != yaml.ScalarNode || !filepath.IsLocal(key.Value) {
		return nil
	}
	found := *key
	found.Value = "asset." + strings.TrimSuffix(key.Value, filepath.Ext(key.Value))
	if _, err := os.Stat(filepath.Join(b.result.Dir, found.Value)); err != nil {
		return nil
	}
	return &found
}

// path returns a path of the template, and has its existence checked.
func (b *builder) path(at *yaml.Node) string {
	path := filepath.FromSlash(at.Value)
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(b.result.Dir, path)
	}
	b.code = append(b.code, codePath{b.errorf(at, "there is no %s", full), full})
	return filepath.ToSlash(path)
}

// addLayers lets a function find the modules of its layers.
func (b *builder) addLayers(f *project.Function, list *yaml.Node) error {
	var dirs []string
	for _, n := range elements(list) {
		id, layer := b.reference(n, samLayer, lambdaLayer)
		at := member(layer, "Properties", "ContentUri")
		if asset := b.asset(layer, member(layer, "Properties", "Content")); asset != nil {
			at = asset
		}
		if at == nil || at.Kind != yaml.ScalarNode {
			b.missLayer(id)
			continue
		}
		dirs = b.addLayer(dirs, at)
	}
	b.setLayers(f, dirs)
	return nil
}

// addLayer adds the directory of a layer. One that is missing is noted: the modules that it would
// have may be installed on this machine.
func (b *builder) addLayer(dirs []string, at *yaml.Node) []string {
	dir := b.path(at)
	missing := b.code[len(b.code)-1]
	b.code = b.code[:len(b.code)-1]
	if _, err := os.Stat(missing.path); err != nil {
		note := "a layer is left out: there is no " + missing.path + "; what functions need of it must " +
			"be installed, or made as the project says"
		if !slices.Contains(b.result.Notes, note) {
			b.result.Notes = append(b.result.Notes, note)
		}
		return dirs
	}
	b.noteModules(missing.path)
	return append(dirs, dir)
}

// noteModules says how to install the modules of a layer that the SAM CLI would install.
func (b *builder) noteModules(layer string) {
	installed := exists(layer, "node_modules") || exists(layer, "nodejs/node_modules")
	for _, dir := range []string{layer, filepath.Join(layer, "nodejs")} {
		note := "the modules of a layer are not installed; run npm install in " + dir
		if !installed && exists(dir, "package.json") && !slices.Contains(b.result.Notes, note) {
			b.result.Notes = append(b.result.Notes, note)
		}
	}
}

// missLayer notes a layer whose code is elsewhere.
func (b *builder) missLayer(name string) {
	b.result.Notes = append(b.result.Notes, "a layer is left out: it is not on this machine"+
		strings.TrimSuffix(" ("+name+")", " ()"))
}

// setLayers lets a function find the modules in directories of layers, which are relative to the
// template. On Lambda later layers lie over earlier ones.
// (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html)
func (b *builder) setLayers(f *project.Function, dirs []string) {
	var python, node []string
	for _, dir := range slices.Backward(dirs) {
		if dir = filepath.FromSlash(dir); !filepath.IsAbs(dir) {
			dir = filepath.Join(b.result.Dir, dir)
		}
		python = append(python, filepath.Join(dir, "python"), dir)
		node = append(node, filepath.Join(dir, "nodejs", "node_modules"),
			filepath.Join(dir, "node_modules")) // as it is before sam build
	}
	extend := func(name string, paths []string) {
		if own := f.Environment[name].Text; own != "" {
			paths = append(paths, own)
		}
		f.Environment[name] = project.Variable{Text: strings.Join(paths, string(filepath.ListSeparator))}
	}
	if len(dirs) > 0 {
		extend("PYTHONPATH", python)
		extend("NODE_PATH", node)
	}
}
