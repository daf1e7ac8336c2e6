package template

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxIncludes bounds how many files a file of the Serverless Framework includes.
const maxIncludes = 200

// included returns what ${file(path)} or ${file(path):key.key} stands for, nil if there is no such
// file or key.
func (b *builder) included(n *yaml.Node, source string, depth int) (*yaml.Node, error) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(source, "file("), ")")
	if !ok {
		return nil, b.errorf(n, "${%s} has no path in parentheses", source)
	}
	path := filepath.FromSlash(strings.Trim(strings.TrimSpace(name), `'"`))
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.result.Dir, path)
	}
	key := strings.TrimPrefix(strings.TrimSpace(rest), ":")
	switch ext := filepath.Ext(path); {
	case isProgram(path), ext == ".yml", ext == ".yaml", ext == ".json":
	default:
		return nil, b.errorf(n, "${%s} %w: tyg reads YAML, JSON and programs of Node.js", source,
			errElsewhere)
	}
	if b.includes++; b.includes > maxIncludes {
		return nil, b.errorf(n, "it includes more than %d files", maxIncludes)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, b.errorf(n, "read file: %w", err)
	}
	if isProgram(path) {
		return b.includedProgram(path, key, depth)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, b.errorf(n, "read file: %w", err)
	}
	f, err := parse(path, data)
	if err != nil {
		return nil, err
	}
	root := f.root
	b.include(path, root)
	if key != "" {
		if root = member(root, strings.Split(key, ".")...); root == nil {
			return nil, nil
		}
	}
	return b.resolve(root, depth+1)
}

// includedProgram returns what a program exports, or has at a key, nil if that is nothing.
func (b *builder) includedProgram(path, key string, depth int) (*yaml.Node, error) {
	o := b.options
	o.Stage = b.stage(depth)
	f, err := runProgram(path, key, o)
	if err != nil {
		return nil, err
	}
	b.programs = append(b.programs, path)
	b.include(path, f.root)
	if value := member(f.root, "value"); value != nil {
		return b.resolve(value, depth+1)
	}
	return nil, nil
}
