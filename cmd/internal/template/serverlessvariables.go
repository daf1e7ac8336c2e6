package template

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// errElsewhere is of a variable whose value is on AWS, or comes from a plugin.
var errElsewhere = errors.New("is not resolved here")

// errNoValue is of a variable that is known here, and has no value.
var errNoValue = errors.New("has no value")

var errCircle = errors.New("the variables refer to each other in a circle")

// reference is a variable of the framework without one inside.
// (https://www.serverless.com/framework/docs/guides/variables)
var reference = regexp.MustCompile(`\$\{((?:[a-zA-Z]+(?:\([^)]*\))?:[^:${}]|file\()[^${}]*)\}`)

// resolve replaces the variables in a tree.
func (b *builder) resolve(n *yaml.Node, depth int) (*yaml.Node, error) {
	if b.resolved++; depth > maxDepth || b.resolved > maxNodes {
		return nil, b.errorf(n, "%w", errCircle)
	}
	if n.Kind == yaml.ScalarNode {
		return b.resolveScalar(n, depth)
	}
	out := *n
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		var err error
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			out.Content[i] = child
			continue
		}
		if out.Content[i], err = b.resolve(child, depth+1); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

func (b *builder) resolveScalar(n *yaml.Node, depth int) (*yaml.Node, error) {
	for range maxDepth {
		m := reference.FindStringSubmatchIndex(n.Value)
		if m == nil {
			return b.pseudoParameters(n), nil
		}
		value, err := b.lookUp(n, n.Value[m[2]:m[3]], depth)
		if err != nil {
			return b.unresolved(n, err)
		}
		if value.Tag == unresolvedTag {
			return value, nil
		}
		if m[0] == 0 && m[1] == len(n.Value) && value.Kind != yaml.ScalarNode {
			return value, nil
		}
		if value.Kind != yaml.ScalarNode {
			return b.unresolved(n, b.errorf(n, "%s is no text", n.Value[m[0]:m[1]]))
		}
		next := *n
		next.Value = n.Value[:m[0]] + value.Value + n.Value[m[1]:]
		n = &next
	}
	return nil, b.errorf(n, "%w", errCircle)
}

// pluginVariable is a pseudo parameter as a plugin writes it that many older files have.
// (https://www.npmjs.com/package/serverless-pseudo-parameters)
var pluginVariable = regexp.MustCompile(`#\{(AWS::[A-Za-z]+)\}`)

// pseudoParameters replaces the variables of that plugin.
func (b *builder) pseudoParameters(n *yaml.Node) *yaml.Node {
	if !strings.Contains(n.Value, "#{AWS::") {
		return n
	}
	next := *n
	next.Value = pluginVariable.ReplaceAllStringFunc(n.Value, func(text string) string {
		if value, ok := b.pseudo[pluginVariable.FindStringSubmatch(text)[1]]; ok {
			return value
		}
		return text
	})
	return &next
}

// unresolvedTag is that of a value whose variables have none. Much of a file is for deploying only,
// so it is an error where the value is read.
const unresolvedTag = "!tyg-unresolved"

func (b *builder) unresolved(n *yaml.Node, err error) (*yaml.Node, error) {
	if errors.Is(err, errCircle) {
		return nil, err
	}
	b.unknown[n.Line] = err
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: unresolvedTag, Value: n.Value, Line: n.Line}, nil
}

// lookUp returns the value of a variable: that of the first of its sources that has one.
func (b *builder) lookUp(n *yaml.Node, text string, depth int) (*yaml.Node, error) {
	alone := !strings.Contains(text, ",")
	for source := range strings.SplitSeq(text, ",") {
		found, err := b.lookUpSource(n, strings.TrimSpace(source), alone, depth)
		if found != nil || err != nil {
			return found, err
		}
	}
	if strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "opt:") {
		_, name, _ := strings.Cut(text, ":")
		return nil, b.errorf(n, "${%s} %w; set %s in the environment, or give a default: ${%[1]s, ''}",
			text, errNoValue, name)
	}
	return nil, b.errorf(n, "${%s} %w", text, errNoValue)
}

// lookUpSource returns the value of a source of a variable, or nil if it has none. alone reports
// whether it is the only one.
func (b *builder) lookUpSource(
	n *yaml.Node, source string, alone bool, depth int,
) (*yaml.Node, error) {
	if strings.HasPrefix(source, "file(") {
		return b.included(n, source, depth)
	}
	literal := strings.Trim(source, `'"`)
	kind, name, isVariable := strings.Cut(source, ":")
	if literal != source || !isVariable {
		return scalar(n, literal), nil
	}
	switch kind {
	case "self":
		if found := b.self(name); found != nil {
			return b.resolve(found, depth+1)
		}
	case "param":
		if found := b.param(name, depth); found != nil {
			return b.resolve(found, depth+1)
		}
	}
	value, known := b.sourceText(kind, name, alone, depth)
	switch {
	case value != "":
		return scalar(n, value), nil
	case !known && alone:
		return nil, b.errorf(n, "the variable ${%s} %w; use ${env:…}", source, errElsewhere)
	}
	return nil, nil
}

// sourceText returns the text of a source, "" if it has none, and whether it is of a kind that tyg
// knows.
func (b *builder) sourceText(kind, name string, alone bool, depth int) (text string, known bool) {
	region := b.pseudo["AWS::Region"]
	switch kind {
	case "self":
		if name == "provider.stage" {
			return b.stage(depth), true
		}
	case "param":
	case "env":
		return b.getenv(name), true
	case "opt":
		return b.option(name, alone), true
	case "sls":
		return map[string]string{"stage": b.stage(depth), "instanceId": "local"}[name], true
	case "aws":
		return map[string]string{"region": region, "accountId": b.pseudo["AWS::AccountId"]}[name], true
	default:
		return "", false
	}
	return "", true
}

// option returns an option of the command line. tyg has none of the project, so the environment has
// those. Without another source, stage and region have a default.
func (b *builder) option(name string, alone bool) string {
	var given, preset string
	switch name {
	case "stage":
		given, preset = b.options.Stage, defaultStage
	case "region":
		given, preset = b.options.Region, b.pseudo["AWS::Region"]
	default:
		return b.getenv(name)
	}
	if !alone {
		return given
	}
	return cmp.Or(given, preset)
}

// self returns the value at a path of keys of the file. The service may have its name in itself or
// under a key, and is asked for in both ways.
func (b *builder) self(name string) *yaml.Node {
	service := member(b.root, "service")
	switch {
	case name == "service" && member(service, "name") != nil:
		return member(service, "name")
	case name == "service.name" && service != nil && service.Kind == yaml.ScalarNode:
		return service
	}
	return member(b.root, strings.Split(name, ".")...)
}

// stage returns the stage: that of the command line, or of the file, or the default.
func (b *builder) stage(depth int) string {
	if b.options.Stage != "" {
		return b.options.Stage
	}
	own := member(b.root, "provider", "stage")
	if own == nil || strings.Contains(own.Value, "{opt:stage}") || depth > maxDepth/2 {
		return defaultStage // which ends stages that refer to themselves
	}
	n, err := b.resolve(own, depth+1)
	if err != nil || n.Kind != yaml.ScalarNode || n.Tag == unresolvedTag {
		return defaultStage
	}
	return cmp.Or(n.Value, defaultStage)
}

// param returns the value of a parameter for the stage, or for all stages.
// (https://www.serverless.com/framework/docs/guides/parameters)
func (b *builder) param(name string, depth int) *yaml.Node {
	for _, stage := range []string{b.stage(depth), "default"} {
		for _, path := range [][]string{{"params", stage, name}, {"stages", stage, "params", name}} {
			if n := member(b.root, path...); n != nil {
				return n
			}
		}
	}
	return nil
}

func scalar(at *yaml.Node, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Line: at.Line}
}
