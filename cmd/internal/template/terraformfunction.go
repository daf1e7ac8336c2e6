package template

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

func (t *terraform) addFunction(one block) error {
	name := functionName(one)
	if value(one.values, "package_type") == "Image" {
		return t.errorf(one.values, "function %s is a container image, which tyg does not run", name)
	}
	f := project.Function{
		Runtime: value(one.values, "runtime"), Handler: value(one.values, "handler"),
	}
	number := func(key string, otherwise int) int {
		if n, err := strconv.Atoi(value(one.values, key)); err == nil {
			return n
		}
		return otherwise
	}
	f.Timeout, f.MemorySize = number("timeout", lambdaTimeout), number("memory_size", 0)
	var err error
	if f.Directory, err = t.code(one, name, f.Handler); err != nil {
		return err
	}
	f.Environment = make(project.Variables)
	for _, env := range elements(member(one.values, "environment")) {
		vars, err := t.texts(member(env, "variables"))
		if err != nil {
			return err
		}
		for key, text := range vars {
			f.Environment[key] = project.Variable{Text: text}
		}
	}
	t.addLayersOf(one, &f)
	t.result.Config.Functions[name], t.result.Places[name] = f, t.place(one.values)
	t.noteUnknown(one, name)
	return nil
}

// noteUnknown says which variables of a function have no value before apply.
func (t *terraform) noteUnknown(one block, name string) {
	var names []string
	for _, env := range elements(member(one.unknown, "environment")) {
		if all := member(env, "variables"); all != nil && all.Value == "true" {
			names = append(names, "all its variables")
		}
		_ = members(member(env, "variables"), func(key string, n *yaml.Node) error {
			if n.Value == "true" && t.getenv(key) == "" {
				names = append(names, key)
			}
			return nil
		})
	}
	if len(names) > 0 {
		t.result.Notes = append(t.result.Notes, fmt.Sprintf("function %s lacks %s, which Terraform "+
			"knows after apply: set them in the environment, or use the state", name,
			strings.Join(names, ", ")))
	}
}

// code returns the directory of a function's code, relative to the plan.
func (t *terraform) code(one block, name, handler string) (string, error) {
	module, _, _ := strings.Cut(filepath.Base(filepath.FromSlash(handler)), ".")
	dir, zip := t.source(one, module+"*")
	switch {
	case zip == "":
		return "", t.errorf(one.values, "the code of function %s is not on this machine", name)
	case dir == "" && t.exists(zip):
		return filepath.ToSlash(zip), nil // it is unpacked
	case dir == "":
		return "", t.errorf(one.values, "the code of function %s is in %s, and no source with the file "+
			"of %q is beside it", name, zip, handler)
	}
	return dir, nil
}

// exists reports whether a file is there, relative to the plan or not.
func (t *terraform) exists(path string) bool {
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.result.Dir, path)
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// source returns the zip that a resource uploads, and the directory of what is in it, relative to
// the plan: that of the data source archive_file that makes the zip, or one beside the zip in which
// the pattern finds a file. Empty is none.
func (t *terraform) source(one block, pattern string) (dir, zip string) {
	zip = value(one.values, "filename")
	for _, data := range t.blocks {
		if data.kind != "archive_file" || zip == "" || value(data.values, "output_path") != zip {
			continue
		}
		if at := member(data.values, "source_dir"); at != nil && at.Value != "" {
			return t.path(at), zip
		}
		if at := member(data.values, "source_file"); at != nil && at.Value != "" {
			dir := *at
			dir.Value = filepath.ToSlash(filepath.Dir(filepath.FromSlash(at.Value)))
			return t.path(&dir), zip
		}
	}
	if zip == "" {
		zip = t.find(value(one.values, "s3_key"))
	}
	if zip == "" {
		return "", ""
	}
	for _, dir := range []string{strings.TrimSuffix(zip, filepath.Ext(zip)), filepath.Dir(zip)} {
		full := dir
		if !filepath.IsAbs(full) {
			full = filepath.Join(t.result.Dir, dir)
		}
		if found, _ := filepath.Glob(filepath.Join(full, pattern)); len(found) > 0 {
			return filepath.ToSlash(dir), zip
		}
	}
	return "", zip
}

// addLayersOf lets a function find the modules of its layers: those that the expression refers to,
// in a plan, and those with these ARNs, in a state.
func (t *terraform) addLayersOf(one block, f *project.Function) {
	const kind = "aws_lambda_layer_version"
	var dirs []string
	seen := make(map[string]bool)
	add := func(layer *block, name string) {
		if layer != nil {
			name = layer.module + layer.address
		}
		if seen[name] {
			return
		}
		seen[name] = true
		dir := ""
		if layer != nil {
			for _, content := range []string{"python", "nodejs"} {
				if dir == "" {
					dir, _ = t.source(*layer, content)
				}
			}
		}
		if dir == "" {
			t.missLayer(name)
			return
		}
		dirs = append(dirs, dir)
	}
	for _, ref := range elements(member(one.refs, "layers", "references")) {
		if layer := t.follow(one, ref.Value, kind, 0); layer != nil {
			add(layer, "")
		}
	}
	for _, arn := range elements(member(one.values, "layers")) {
		i := slices.IndexFunc(t.blocks, func(b block) bool {
			return b.kind == kind && arn.Value != "" && value(b.values, "arn") == arn.Value
		})
		if i < 0 {
			add(nil, arn.Value)
			continue
		}
		add(&t.blocks[i], "")
	}
	t.setLayers(f, dirs)
}

// find returns the file below the plan whose path ends with a key of S3, relative to the plan.
func (t *terraform) find(key string) (found string) {
	if key == "" {
		return ""
	}
	_ = filepath.WalkDir(t.result.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || found != "":
			return fs.SkipAll
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".terraform" || d.Name() == ".git"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(filepath.ToSlash(path), "/"+key):
			if below, err := filepath.Rel(t.result.Dir, path); err == nil {
				found = below
			}
		}
		return nil
	})
	return found
}
