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
// file or key. Files of YAML and JSON are read; programs are not run.
func (b *builder) included(n *yaml.Node, source string, depth int) (*yaml.Node, error) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(source, "file("), ")")
	if !ok {
		return nil, b.errorf(n, "${%s} has no path in parentheses", source)
	}
	path := filepath.FromSlash(strings.Trim(strings.TrimSpace(name), `'"`))
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.result.Dir, path)
	}
	switch filepath.Ext(path) {
	case ".yml", ".yaml", ".json":
	default:
		return nil, b.errorf(n, "${%s} is not resolved here: tyg reads YAML and JSON only", source)
	}
	if b.includes++; b.includes > maxIncludes {
		return nil, b.errorf(n, "it includes more than %d files", maxIncludes)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, b.errorf(n, "read file: %w", err)
	}
	f, err := parse(path, data)
	if err != nil {
		return nil, err
	}
	root := f.root
	b.include(path, root)
	if key := strings.TrimPrefix(strings.TrimSpace(rest), ":"); key != "" {
		if root = member(root, strings.Split(key, ".")...); root == nil {
			return nil, nil
		}
	}
	return b.resolve(root, depth+1)
}
