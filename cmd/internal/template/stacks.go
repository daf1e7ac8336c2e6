package template

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An export is a value that a stack has for others.
type export struct {
	value *yaml.Node
	stack *yaml.Node // the template that has it
}

// importStacks replaces what a template of an assembly imports from its siblings by what they
// export, and adds their resources: the CDK makes such imports where one stack names a function of
// another. Logical ids end in a hash of their path, so those of two stacks rarely are the same; if
// they are, that of the template itself stays.
func importStacks(path string, root *yaml.Node) error {
	if !hasKey(root, "Fn::ImportValue", 0) {
		return nil
	}
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.template.json"))
	if err != nil {
		return fmt.Errorf("read assembly: %w", err)
	}
	exports := make(map[string]export)
	for _, other := range all {
		if other == path {
			continue
		}
		data, err := os.ReadFile(other)
		if err != nil {
			return fmt.Errorf("read assembly: %w", err)
		}
		f, err := parse(other, data)
		if err != nil {
			return err
		}
		_ = members(member(f.root, "Outputs"), func(_ string, out *yaml.Node) error { // returns none
			name, v := value(out, "Export", "Name"), member(out, "Value")
			// One that imports itself might contain itself.
			if name != "" && v != nil && !hasKey(v, "Fn::ImportValue", 0) {
				exports[name] = export{v, f.root}
			}
			return nil
		})
	}
	var merged []*yaml.Node
	replaceImports(root, exports, func(stack *yaml.Node) {
		if !slices.Contains(merged, stack) {
			merged = append(merged, stack)
		}
	}, 0)
	for i := 0; i < len(merged); i++ { // grows by the stacks that these import from
		replaceImports(merged[i], exports, func(stack *yaml.Node) {
			if !slices.Contains(merged, stack) {
				merged = append(merged, stack)
			}
		}, 0)
		for _, section := range []string{"Resources", "Parameters", "Conditions", "Mappings"} {
			merge(root, merged[i], section)
		}
	}
	return nil
}

// hasKey reports whether an object in a tree has a key.
func hasKey(n *yaml.Node, key string, depth int) bool {
	if depth > maxDepth {
		return false
	}
	if n.Kind == yaml.MappingNode && member(n, key) != nil {
		return true
	}
	return slices.ContainsFunc(n.Content, func(child *yaml.Node) bool {
		return hasKey(child, key, depth+1)
	})
}

// replaceImports replaces imports in a tree, and tells of the stack of each.
func replaceImports(n *yaml.Node, exports map[string]export, used func(*yaml.Node), depth int) {
	for i, child := range n.Content {
		name, arg := only(child)
		if name != "Fn::ImportValue" || arg.Kind != yaml.ScalarNode {
			if depth < maxDepth {
				replaceImports(child, exports, used, depth+1)
			}
			continue
		}
		if found, ok := exports[arg.Value]; ok {
			n.Content[i] = found.value
			used(found.stack)
		}
	}
}

// merge adds the members of a section of one template to that of another, but those whose keys it
// has.
func merge(to, from *yaml.Node, section string) {
	have := member(to, section)
	if have == nil {
		have = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: to.Line}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: section, Line: to.Line}
		to.Content = append(to.Content, key, have)
	}
	_ = members(member(from, section), func(name string, n *yaml.Node) error { // which returns none
		if member(have, name) == nil {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: n.Line}
			have.Content = append(have.Content, key, n)
		}
		return nil
	})
}

// isAssembly reports whether a template is one of an assembly of the CDK.
func isAssembly(path string) bool { return strings.HasSuffix(path, ".template.json") }
