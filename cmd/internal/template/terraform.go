package template

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
)

// A block is a resource of Terraform, or a data source.
type block struct {
	module  string // address of the module, with a point at its end; empty for the root
	address string // below the module, such as aws_lambda_function.f["a"]
	kind    string
	values  *yaml.Node
	refs    *yaml.Node // expressions, by attribute; nil in a state
	forEach *yaml.Node // the expression of for_each; nil for none and in a state
	call    *block     // of the module, whose expressions are its variables; nil in the root
	unknown *yaml.Node // what is known after apply; nil in a state
}

// A terraform is a plan or a state as "terraform show -json" prints it.
// (https://developer.hashicorp.com/terraform/internals/json-format)
type terraform struct {
	*builder
	blocks []block
}

// isTerraform reports whether a file is the output of "terraform show -json".
func isTerraform(root *yaml.Node) bool {
	return member(root, "terraform_version") != nil &&
		(member(root, "planned_values") != nil || member(root, "values") != nil)
}

// terraform reads a plan or a state.
func (b *builder) terraform() error {
	t := &terraform{builder: b}
	for _, path := range [][]string{
		{"planned_values", "root_module"},
		{"values", "root_module"},
		{"prior_state", "values", "root_module"},
	} {
		t.collect(member(b.root, path...), member(b.root, "configuration", "root_module"), nil, 0)
	}
	unknown := make(map[string]*yaml.Node)
	for _, change := range elements(member(b.root, "resource_changes")) {
		unknown[value(change, "address")] = member(change, "change", "after_unknown")
	}
	for i := range t.blocks {
		t.blocks[i].unknown = unknown[t.blocks[i].module+t.blocks[i].address]
	}
	api, err := t.findAPI()
	if err != nil {
		return err
	}
	b.result.Config.RouteSelection = value(api.values, "route_selection_expression")
	for _, one := range t.blocks {
		if err := t.add(one, api); err != nil {
			return err
		}
	}
	return nil
}

// collect adds the resources of a module and of those below it. A resource of the prior state
// counts if the plan has none of its address, which is so for data sources.
func (t *terraform) collect(values, config *yaml.Node, call *block, depth int) {
	if depth > maxDepth {
		return
	}
	module := ""
	if call != nil {
		module = call.module + call.address + "."
	}
	for _, r := range elements(member(values, "resources")) {
		one := block{
			module: module, address: strings.TrimPrefix(value(r, "address"), module),
			kind: value(r, "type"), values: member(r, "values"), call: call,
		}
		bare, _, _ := strings.Cut(one.address, "[")
		for _, c := range elements(member(config, "resources")) {
			if value(c, "address") == bare {
				one.refs, one.forEach = member(c, "expressions"), member(c, "for_each_expression")
			}
		}
		known := slices.ContainsFunc(t.blocks, func(other block) bool {
			return other.module == module && other.address == one.address
		})
		if !known {
			t.blocks = append(t.blocks, one)
		}
	}
	for _, child := range elements(member(values, "child_modules")) {
		own := &block{
			module: module, address: strings.TrimPrefix(value(child, "address"), module), call: call,
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(own.address, "module."), "[")
		how := member(config, "module_calls", name)
		own.refs, own.forEach = member(how, "expressions"), member(how, "for_each_expression")
		t.collect(child, member(how, "module"), own, depth+1)
	}
}

// value returns a scalar at a path, "" if there is none.
func value(n *yaml.Node, path ...string) string {
	n = member(n, path...)
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// findAPI returns the WebSocket API: the only one, or that which the user has chosen.
func (t *terraform) findAPI() (block, error) {
	var found []block
	var names []string
	for _, one := range t.blocks {
		if one.kind == "aws_apigatewayv2_api" && value(one.values, "protocol_type") == "WEBSOCKET" {
			found, names = append(found, one), append(names, one.address)
		}
	}
	if len(found) == 0 {
		return block{}, t.errorf(t.root, "it has no WebSocket API (aws_apigatewayv2_api with "+
			"protocol_type WEBSOCKET)")
	}
	i, err := t.chooseAPI(names)
	return found[i], err
}

// called are the beginnings of types that functions call and that are not run here.
var called = [...]string{
	"aws_sqs_queue", "aws_s3_bucket", "aws_sns_topic", "aws_kinesis_", "aws_elasticache_", "aws_rds_",
	"aws_db_instance", "aws_cognito_user_pool", "aws_secretsmanager_secret", "aws_ssm_parameter",
	"aws_sfn_state_machine",
}

func (t *terraform) add(one, api block) error {
	switch one.kind {
	case "aws_lambda_function":
		return t.addFunction(one)
	case "aws_apigatewayv2_route":
		if to := t.linked(one, "api_id", api.kind); to == nil || to.address == api.address {
			return t.addRoute(one)
		}
	case "aws_apigatewayv2_stage":
		if to := t.linked(one, "api_id", api.kind); to == nil || to.address == api.address {
			c := &t.result.Config
			c.APIGatewayStage = value(one.values, "name")
			var err error
			c.StageVariables, err = t.texts(member(one.values, "stage_variables"))
			return err
		}
	case "aws_dynamodb_table":
		return t.addTable(one)
	}
	if slices.ContainsFunc(called[:], func(p string) bool { return strings.HasPrefix(one.kind, p) }) {
		t.skip(one.kind, one.module+one.address)
	}
	return nil
}

// linked returns the resource of a type that an attribute leads to: by the references of a plan, or
// by the id or the ARN in a state.
func (t *terraform) linked(from block, attribute, kind string) *block {
	if to := t.followAll(from, member(from.refs, attribute), kind, 0); to != nil {
		return to
	}
	text := value(from.values, attribute)
	if text == "" {
		return nil
	}
	for i, one := range t.blocks {
		for _, key := range []string{"id", "arn", "invoke_arn", "qualified_arn"} {
			id := value(one.values, key)
			if one.kind == kind && id != "" && (text == id || strings.HasSuffix(text, "/"+id) ||
				strings.Contains(text, id+"/") || key != "id" && strings.Contains(text, id)) {
				return &t.blocks[i]
			}
		}
	}
	return nil
}

// followAll returns the resource of a type that the first reference of an expression leads to.
func (t *terraform) followAll(from block, expression *yaml.Node, kind string, depth int) *block {
	refs := elements(member(expression, "references"))
	if slices.ContainsFunc(refs, func(ref *yaml.Node) bool { return ref.Value == "each.value" }) {
		from.address = from.byValue()
	}
	for _, ref := range refs {
		if to := t.follow(from, ref.Value, kind, depth); to != nil {
			return to
		}
	}
	return nil
}

// byValue returns the address with each.value as its index, where for_each is a constant map: that
// is the index of what f[each.value] refers to.
func (b block) byValue() string {
	bare, index, _ := strings.Cut(b.address, "[")
	key := strings.Trim(strings.TrimSuffix(index, "]"), `"`)
	if v := value(b.forEach, "constant_value", key); v != "" {
		return bare + `["` + v + `"]`
	}
	return b.address
}

// follow returns the resource of a type that a reference leads to, through each.value to what
// for_each goes over, and through the variables of modules to the resources of their callers.
func (t *terraform) follow(from block, ref, kind string, depth int) *block {
	if depth > maxDepth {
		return nil
	}
	if ref == "each.value" || strings.HasPrefix(ref, "each.value.") {
		return t.followAll(from, from.forEach, kind, depth+1)
	}
	if name, ok := strings.CutPrefix(ref, "var."); ok && from.call != nil {
		name, _, _ = strings.Cut(name, ".")
		name, _, _ = strings.Cut(name, "[")
		return t.followAll(*from.call, member(from.call.refs, name), kind, depth+1)
	}
	return t.named(from, ref, kind)
}

// named returns the resource of a type that a reference names: aws_lambda_function.f.invoke_arn, or
// module.f.arn for the only one of a module. Of several with an index it is the one with the index
// of the resource that refers.
func (t *terraform) named(from block, ref, kind string) *block {
	var found []int
	for i, one := range t.blocks {
		if one.kind != kind {
			continue
		}
		bare, index, _ := strings.Cut(one.address, "[")
		_, own, _ := strings.Cut(from.address, "[")
		inside := strings.HasPrefix(ref, "module.") && isInside(one.module, from.module, ref)
		same := one.module == from.module && (ref == bare || strings.HasPrefix(ref, bare+".") ||
			strings.HasPrefix(ref, bare+"["))
		exact := one.module == from.module && strings.HasPrefix(ref+".", one.address+".")
		if same && index != "" && (index == own || exact) {
			return &t.blocks[i]
		}
		if same || inside {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &t.blocks[found[0]]
}

// isInside reports whether a module is, or is below, the one that a reference in another names,
// such as module.f["a"].arn. Its index, which may have points, is that of the reference, if it has
// one.
func isInside(module, from, ref string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(ref, "module."), ".")
	if bare, index, ok := strings.Cut(strings.TrimPrefix(ref, "module."), "["); ok {
		key, _, _ := strings.Cut(index, "]")
		name = bare + "[" + key + "]"
	}
	rest, ok := strings.CutPrefix(module, from+"module."+name)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

func (t *terraform) addRoute(one block) error {
	key := value(one.values, "route_key")
	if key == "" {
		return t.errorf(one.values, "%s has no route_key", one.address)
	}
	to := t.linked(one, "target", "aws_apigatewayv2_integration")
	if to == nil {
		return t.errorf(one.values, "route %s has no target that is an aws_apigatewayv2_integration of "+
			"this plan", key)
	}
	target := t.target(*to, "integration_uri")
	if target == (backend.Target{}) {
		t.result.Notes = append(t.result.Notes, "route "+key+" is left out: its integration is neither "+
			"a function nor an HTTP address")
		return nil
	}
	t.result.Config.Routes[key] = backend.Route{
		Target: target, Response: value(one.values, "route_response_selection_expression") != "",
	}
	if a := t.linked(one, "authorizer_id", "aws_apigatewayv2_authorizer"); a != nil {
		return t.addAuthorizer(*a)
	}
	return nil
}

// target returns the function, or the address, that an attribute leads to.
func (t *terraform) target(one block, attribute string) backend.Target {
	to := t.linked(one, attribute, "aws_lambda_function")
	if alias := t.linked(one, attribute, "aws_lambda_alias"); to == nil && alias != nil {
		to = t.linked(*alias, "function_name", "aws_lambda_function")
	}
	if to != nil {
		return backend.Target{Function: functionName(*to)}
	}
	switch kind := value(one.values, "integration_type"); {
	case strings.HasPrefix(kind, "HTTP"):
		return backend.Target{URL: value(one.values, attribute)}
	case kind == "MOCK":
		return t.mockOf(one)
	}
	return backend.Target{}
}

// mockOf returns a mock integration, which answers with the template of its response.
func (t *terraform) mockOf(one block) backend.Target {
	body := ""
	for _, answer := range t.blocks {
		if answer.kind != "aws_apigatewayv2_integration_response" {
			continue
		}
		if to := t.linked(answer, "integration_id", one.kind); to == nil || to.address != one.address {
			continue
		}
		_ = members(member(answer.values, "response_templates"), func(_ string, n *yaml.Node) error {
			body = n.Value
			return nil
		})
	}
	return backend.Target{Mock: &body}
}

// functionName returns the name of a function: that on AWS, or that in the plan.
func functionName(one block) string {
	if name := value(one.values, "function_name"); name != "" {
		return name
	}
	return strings.TrimPrefix(one.address, one.kind+".")
}

func (t *terraform) addAuthorizer(one block) error {
	target := t.target(one, "authorizer_uri")
	if target == (backend.Target{}) {
		return t.errorf(one.values, "the authorizer %s is no function of this plan", one.address)
	}
	a := &backend.Authorizer{Target: target}
	for _, source := range elements(member(one.values, "identity_sources")) {
		a.IdentitySources = append(a.IdentitySources, source.Value)
	}
	t.result.Config.Authorizer = a
	return nil
}
