package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A file is a parsed template, of YAML or of JSON, which is YAML too.
type file struct {
	name string // for errors
	root *yaml.Node

	included []string // names of other files, see place
	programs []string // those of them that are programs, whose lines are not known
}

// includedLines separates the lines of files: those of the first that is included begin at it,
// those of the second at twice of it.
const includedLines = 1_000_000

// include notes a file and moves the lines of its nodes.
func (f *file) include(name string, root *yaml.Node) {
	f.included = append(f.included, name)
	shift(root, len(f.included)*includedLines)
}

// shift adds to the lines of a tree, whose nodes are there once.
func shift(n *yaml.Node, by int) {
	n.Line += by
	for _, child := range n.Content {
		shift(child, by)
	}
}

// place returns the file and the line of a node, such as template.yaml:12.
func (f *file) place(n *yaml.Node) string {
	name, line := f.name, 1
	if n != nil {
		line = n.Line
	}
	if i := line / includedLines; i > 0 && i <= len(f.included) {
		name, line = f.included[i-1], line%includedLines
	}
	if slices.Contains(f.programs, name) {
		return name
	}
	return fmt.Sprintf("%s:%d", name, line)
}

// yamlLine is where the parser says that a file is wrong.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// parse parses the text of a file, in which tags such as !Ref become what they stand for.
func parse(name string, data []byte) (*file, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			return nil, fmt.Errorf("%s:%s: %s", name, m[1], m[2])
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &file{name: name}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:1: it is no object", name)
	}
	e := expander{left: maxNodes}
	f.root = e.expand(doc.Content[0], 0)
	if e.left <= 0 {
		return nil, f.errorf(doc.Content[0], "its aliases make more than %d values of it", maxNodes)
	}
	return f, nil
}

const (
	// maxDepth bounds the nesting of a template, and ends aliases that contain themselves.
	maxDepth = 100

	// maxNodes bounds the values in a template once all of its aliases and variables are replaced.
	maxNodes = 200_000
)

// An expander expands the nodes of a template.
type expander struct{ left int } // how many more there may be

// expand replaces aliases by what they name, merges "<<", and replaces tags by intrinsic functions:
// !Ref a by {Ref: a}, !Sub a by {Fn::Sub: a}.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html)
func (e *expander) expand(n *yaml.Node, depth int) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	out := *n
	out.Content = nil
	if e.left--; depth == maxDepth || e.left <= 0 {
		return &out
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == "<<" && child.Tag == "!!merge" {
			continue
		}
		if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Tag == "!!merge" {
			out.Content = append(out.Content, e.merged(child, depth)...)
			continue
		}
		out.Content = append(out.Content, e.expand(child, depth+1))
	}
	name, tagged := strings.CutPrefix(out.Tag, "!")
	if !tagged || strings.HasPrefix(name, "!") || name == "" {
		return &out
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	out.Tag = map[yaml.Kind]string{
		yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map",
	}[out.Kind]
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: out.Line}
	return &yaml.Node{
		Kind: yaml.MappingNode, Tag: "!!map", Line: out.Line, Content: []*yaml.Node{key, &out},
	}
}

// merged returns the members of the object, or the objects, behind "<<".
func (e *expander) merged(n *yaml.Node, depth int) []*yaml.Node {
	n = e.expand(n, depth+1)
	if n.Kind != yaml.SequenceNode {
		return n.Content
	}
	var all []*yaml.Node
	for _, child := range n.Content {
		all = append(all, child.Content...)
	}
	return all
}

// errorf returns an error with the file and the line of a node.
func (f *file) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %w", f.place(n), fmt.Errorf(format, args...))
}

// member returns the value at a path of keys, nil if there is none or it is null.
func member(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				found = n.Content[i+1]
				break
			}
		}
		n = found
	}
	if n != nil && n.Tag == "!!null" {
		return nil
	}
	return n
}

// members calls do for each member of an object, in their order.
func members(n *yaml.Node, do func(key string, value *yaml.Node) error) error {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if err := do(n.Content[i].Value, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// elements returns the elements of a list, or n itself if it is none.
func elements(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// only returns the one member of an object that has one.
func only(n *yaml.Node) (key string, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return "", nil
	}
	return n.Content[0].Value, n.Content[1]
}
