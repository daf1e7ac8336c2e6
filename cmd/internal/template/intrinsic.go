package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A stack evaluates the expressions of CloudFormation as if its resources existed here.
type stack struct {
	*file
	resources  *yaml.Node
	parameters map[string]string // values; those of the template where the caller has none
	pseudo     map[string]string // AWS::Region and the like
	names      map[string]string // of resources that are not called as the template calls them
	depth      int               // of the expression
	unset      map[string]bool   // parameters that have neither a value nor a default
	missed     []string          // those of them that were asked for
	unknown    map[int]error     // why a value in a line is unresolved
}

// text returns the value of an expression that is a string, a number or a boolean.
func (s *stack) text(n *yaml.Node) (string, error) {
	if n == nil {
		return "", nil
	}
	if s.depth++; s.depth > maxDepth {
		return "", s.errorf(n, "the expression refers to itself")
	}
	defer func() { s.depth-- }()
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!null" {
			return "", nil
		}
		if n.Tag == unresolvedTag {
			return "", s.unknown[n.Line]
		}
		if m := dynamicReference.FindString(n.Value); m != "" {
			return "", s.errorf(n, "%s %w", m, errElsewhere)
		}
		return n.Value, nil
	}
	name, arg := only(n)
	switch name {
	case "Ref":
		return s.ref(n, arg.Value)
	case "Fn::GetAtt":
		return s.attribute(arg)
	case "Fn::Sub":
		return s.substitute(arg)
	case "Fn::Join":
		return s.join(arg)
	case "Fn::Select":
		return s.selected(arg)
	case "Fn::FindInMap":
		return s.mapped(arg)
	case "Fn::Base64":
		return s.text(arg)
	case "Fn::If":
		branch, err := s.branch(arg)
		if err != nil {
			return "", err
		}
		return s.text(branch)
	}
	if strings.HasPrefix(name, "Fn::") {
		return "", s.errorf(n, "%s %w", name, errElsewhere)
	}
	return "", s.errorf(n, "want a text, a number, a boolean or an intrinsic function")
}

func (s *stack) ref(n *yaml.Node, name string) (string, error) {
	if value, ok := s.pseudo[name]; ok {
		return value, nil
	}
	if value, ok := s.parameters[name]; ok {
		if s.unset[name] && !slices.Contains(s.missed, name) {
			s.missed = append(s.missed, name)
		}
		return value, nil
	}
	if value, ok := s.names[name]; ok {
		return value, nil
	}
	r := member(s.resources, name)
	if r == nil && s.isGenerated(name) {
		return name, nil
	}
	if r == nil {
		return "", s.errorf(n, "there is no parameter and no resource %q", name)
	}
	for _, key := range []string{
		"FunctionName", "TableName", "QueueName", "BucketName", "TopicName", "StageName", "Name",
	} {
		if own := member(r, "Properties", key); own != nil {
			return s.text(own)
		}
	}
	return name, nil
}

// attribute returns an attribute of a resource: what it most probably would be on AWS.
func (s *stack) attribute(arg *yaml.Node) (string, error) {
	parts := elements(arg)
	if len(parts) == 0 {
		return "", s.errorf(arg, "Fn::GetAtt has no resource")
	}
	id, attribute := parts[0].Value, ""
	if len(parts) == 1 {
		id, attribute, _ = strings.Cut(id, ".")
	} else {
		attribute = parts[1].Value
	}
	name, err := s.ref(arg, id)
	if err == nil && attribute == "StreamArn" {
		return s.streamOf(name), nil
	}
	if strings.HasPrefix(attribute, "Outputs.") && err == nil {
		return "", s.errorf(arg, "%s.%s, of a nested stack, %w", id, attribute, errElsewhere)
	}
	if err != nil || attribute != "Arn" {
		return name, err
	}
	kind := member(s.resources, id, "Type")
	if kind == nil {
		return name, nil
	}
	service := strings.ToLower(strings.Split(kind.Value+"::", "::")[1])
	if service == "serverless" {
		service = "lambda"
	}
	resource := map[string]string{"lambda": "function:", "dynamodb": "table/"}
	return "arn:aws:" + service + ":" + s.pseudo["AWS::Region"] + ":" + s.pseudo["AWS::AccountId"] +
		":" + resource[service] + name, nil
}

// dynamicReference is a value that CloudFormation reads from SSM or from Secrets Manager.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html)
var dynamicReference = regexp.MustCompile(`\{\{resolve:[^}]*\}\}`)

// isGenerated reports whether a name is of a resource that a framework makes beside those of the
// template, such as the role of a function.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html)
// (https://github.com/serverless/serverless/blob/v3.40.0/lib/plugins/aws/lib/naming.js)
func (s *stack) isGenerated(name string) bool {
	switch name {
	case "ServerlessRestApi", "ServerlessHttpApi", "ApiGatewayRestApi", "HttpApi",
		"IamRoleLambdaExecution", "ServerlessDeploymentBucket", "WebsocketsDeploymentStage":
		return true
	}
	found := false
	_ = members(s.resources, func(id string, r *yaml.Node) error { // which returns none
		made := strings.HasPrefix(value(r, "Type"), "AWS::Serverless::")
		found = found || made && strings.HasPrefix(name, id)
		return nil
	})
	return found
}

// variable is ${name}, ${name.attribute} or ${!literal}.
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s *stack) substitute(arg *yaml.Node) (string, error) {
	parts := elements(arg)
	if len(parts) == 0 {
		return "", s.errorf(arg, "Fn::Sub has no text")
	}
	var failed error
	text := variable.ReplaceAllStringFunc(parts[0].Value, func(m string) string {
		name := strings.TrimSpace(m[2 : len(m)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		var value string
		var err error
		var own *yaml.Node
		if len(parts) > 1 {
			own = member(parts[1], name)
		}
		switch {
		case own != nil:
			value, err = s.text(own)
		case strings.Contains(name, ".") && s.names[name] == "":
			value, err = s.attribute(&yaml.Node{Kind: yaml.ScalarNode, Value: name, Line: parts[0].Line})
		default:
			value, err = s.ref(parts[0], name)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	if m := dynamicReference.FindString(text); m != "" && failed == nil {
		failed = s.errorf(parts[0], "%s %w", m, errElsewhere)
	}
	return text, failed
}

func (s *stack) join(arg *yaml.Node) (string, error) {
	parts := elements(arg)
	if len(parts) != 2 {
		return "", s.errorf(arg, "Fn::Join wants a delimiter and a list")
	}
	texts, err := s.list(parts[1])
	return strings.Join(texts, parts[0].Value), err
}

func (s *stack) selected(arg *yaml.Node) (string, error) {
	parts := elements(arg)
	if len(parts) != 2 {
		return "", s.errorf(arg, "Fn::Select wants an index and a list")
	}
	index, err := s.text(parts[0])
	if err != nil {
		return "", err
	}
	list, err := s.list(parts[1])
	if err != nil {
		return "", err
	}
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(list) {
		return "", s.errorf(arg, "Fn::Select has no element %s", index)
	}
	return list[i], nil
}

// list returns the texts of a list: one that is written there, or what an expression amounts to,
// such as a parameter whose elements are separated by commas.
func (s *stack) list(n *yaml.Node) (all []string, err error) {
	name, arg := only(n)
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, part := range n.Content {
			text, err := s.text(part)
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
		return all, nil
	case name == "Fn::GetAZs":
		return []string{s.pseudo["AWS::Region"] + "a", s.pseudo["AWS::Region"] + "b"}, nil
	case name == "Fn::Split" && len(elements(arg)) == 2:
		text, err := s.text(elements(arg)[1])
		return strings.Split(text, elements(arg)[0].Value), err
	case name == "Fn::If":
		branch, err := s.branch(arg)
		if err != nil || branch == nil {
			return nil, err
		}
		return s.list(branch)
	}
	text, err := s.text(n)
	return strings.Split(text, ","), err
}

func (s *stack) mapped(arg *yaml.Node) (string, error) {
	path := []string{"Mappings"}
	for _, part := range elements(arg) {
		key, err := s.text(part)
		if err != nil {
			return "", err
		}
		path = append(path, key)
	}
	found := member(s.root, path...)
	if found == nil {
		return "", s.errorf(arg, "there is no %s", strings.Join(path, "."))
	}
	return s.text(found)
}

// branch returns the branch of an Fn::If.
func (s *stack) branch(arg *yaml.Node) (*yaml.Node, error) {
	parts := elements(arg)
	if len(parts) != 3 {
		return nil, s.errorf(arg, "Fn::If wants a condition and two values")
	}
	yes, err := s.condition(parts[0], parts[0].Value)
	if err != nil {
		return nil, err
	}
	branch := parts[2]
	if yes {
		branch = parts[1]
	}
	if name, arg := only(branch); name == "Ref" && arg.Value == "AWS::NoValue" {
		return nil, nil
	}
	return branch, nil
}

// condition evaluates a condition of the template.
func (s *stack) condition(at *yaml.Node, name string) (bool, error) {
	c := member(s.root, "Conditions", name)
	if c == nil {
		return false, s.errorf(at, "there is no condition %q", name)
	}
	return s.holds(c)
}

func (s *stack) holds(n *yaml.Node) (bool, error) {
	if s.depth++; s.depth > maxDepth {
		return false, s.errorf(n, "the condition refers to itself")
	}
	defer func() { s.depth-- }()
	name, arg := only(n)
	parts := elements(arg)
	switch {
	case name == "Condition":
		return s.condition(n, arg.Value)
	case name == "Fn::Equals" && len(parts) == 2:
		a, err := s.text(parts[0])
		if err != nil {
			return false, err
		}
		b, err := s.text(parts[1])
		return a == b, err
	case name == "Fn::Not" && len(parts) == 1:
		yes, err := s.holds(parts[0])
		return !yes, err
	case name == "Fn::And" || name == "Fn::Or":
		for _, part := range parts {
			yes, err := s.holds(part)
			if err != nil || yes == (name == "Fn::Or") {
				return yes, err
			}
		}
		return name == "Fn::And", nil
	}
	return false, s.errorf(n, "the condition is not evaluated here")
}

// references returns the resources that an expression names, wherever it names them.
func (s *stack) references(n *yaml.Node) (ids []string) {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.MappingNode {
		name, arg := only(n)
		switch name {
		case "Ref":
			return []string{arg.Value}
		case "Fn::GetAtt":
			for _, part := range elements(arg)[:min(1, len(elements(arg)))] {
				id, _, _ := strings.Cut(part.Value, ".")
				ids = append(ids, id)
			}
			return ids
		case "Fn::Sub":
			parts := elements(arg)
			if len(parts) == 0 {
				return nil
			}
			for _, m := range variable.FindAllStringSubmatch(parts[0].Value, -1) {
				id, _, _ := strings.Cut(m[1], ".")
				ids = append(ids, id)
			}
			for _, part := range parts[1:] {
				ids = append(ids, s.references(part)...)
			}
			return ids
		}
	}
	for _, child := range n.Content {
		ids = append(ids, s.references(child)...)
	}
	return ids
}

// reference returns the resource of one of these types that an expression names, "" if there is
// none.
func (s *stack) reference(n *yaml.Node, types ...string) (id string, resource *yaml.Node) {
	for _, id := range s.references(n) {
		r := member(s.resources, id)
		for _, kind := range types {
			if t := member(r, "Type"); t != nil && t.Value == kind {
				return id, r
			}
		}
	}
	return "", nil
}
