package template

import (
	"cmp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
)

// defaultStage is the stage where neither the template nor the caller names one, as the Serverless
// Framework has it.
const defaultStage = "dev"

// serverless reads a file of the Serverless Framework, version 3 or 4.
func (b *builder) serverless() error {
	for _, read := range []func() error{
		b.readDotenv, b.setRegion, b.resolveRoot, b.readServerlessAPI, b.readServerlessResources,
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return members(joined(b.root, "functions"), b.readServerlessFunction)
}

// resolveRoot replaces the variables of the file, and names what references may name.
func (b *builder) resolveRoot() (err error) {
	if b.root, err = b.resolve(b.root, 0); err != nil {
		return err
	}
	b.resources = joined(b.root, "resources", "Resources")
	b.names = map[string]string{"WebsocketsApi": apiID}
	return members(joined(b.root, "functions"), func(name string, _ *yaml.Node) error {
		b.names[resourceName(name)+"LambdaFunction"] = name
		return nil
	})
}

// readServerlessAPI reads the stage and the route selection of the WebSocket API.
func (b *builder) readServerlessAPI() error {
	provider, c := member(b.root, "provider"), &b.result.Config
	stage, err := b.text(member(provider, "stage"))
	if err != nil {
		return err
	}
	// That of the command line goes first, as --stage of serverless.
	c.APIGatewayStage = cmp.Or(b.options.Stage, stage, defaultStage)
	// Without the s it is that of a plugin, from before the framework knew WebSocket APIs.
	// (https://github.com/serverless/serverless-websockets-plugin)
	for _, key := range []string{
		"websocketApiRouteSelectionExpression", "websocketsApiRouteSelectionExpression",
	} {
		if n := member(provider, key); n != nil {
			if c.RouteSelection, err = b.text(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// readServerlessResources adds the resources that stand beside functions.
func (b *builder) readServerlessResources() error {
	return members(b.resources, func(id string, r *yaml.Node) error {
		if kind := member(r, "Type"); kind != nil {
			return b.addOther(id, kind.Value, r)
		}
		return nil
	})
}

// readServerlessFunction adds a function and its events.
func (b *builder) readServerlessFunction(name string, f *yaml.Node) error {
	if err := b.addServerlessFunction(name, f, member(b.root, "provider")); err != nil {
		return err
	}
	for _, event := range elements(member(f, "events")) {
		if err := b.checkEvent(name, event); err != nil {
			return err
		}
		if kind, how := only(event); how != nil {
			if err := b.addServerlessEvent(name, kind, how); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEvent refuses a websocket event whose keys are beside it, a mistake of indentation: the
// framework makes no route of it.
func (b *builder) checkEvent(function string, event *yaml.Node) error {
	if event.Kind != yaml.MappingNode || len(event.Content) < 4 {
		return nil
	}
	return members(event, func(key string, how *yaml.Node) error {
		if key != "websocket" || member(event, key) != nil {
			return nil
		}
		return b.errorf(event, "the websocket event of function %s is empty, and its keys are beside "+
			"it; indent them by two more spaces", function)
	})
}

// setRegion takes the region of the file, which the one of the surroundings goes before.
func (b *builder) setRegion() error {
	own := member(b.root, "provider", "region")
	if own == nil || b.options.Region != "" {
		return nil
	}
	n, err := b.resolve(own, 0)
	if err == nil && n.Kind == yaml.ScalarNode && n.Tag != unresolvedTag {
		b.pseudo["AWS::Region"], b.result.Config.Region = n.Value, n.Value
	}
	return err
}

// joined returns the object at a path of keys, whose first may be a list of objects, such as one
// for each file.
func joined(n *yaml.Node, path ...string) *yaml.Node {
	list := member(n, path[0])
	if list == nil || list.Kind != yaml.SequenceNode {
		return member(n, path...)
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: list.Line}
	for _, one := range list.Content {
		if len(path) > 1 {
			one = member(one, path[1:]...)
		}
		if one != nil && one.Kind == yaml.MappingNode {
			out.Content = append(out.Content, one.Content...)
		}
	}
	return out
}

// addEvent adds the route of a websocket event.
func (b *builder) addEvent(name string, how *yaml.Node) error {
	route := how
	if how.Kind == yaml.MappingNode {
		if route = member(how, "route"); route == nil {
			route = member(how, "routeKey") // of the same plugin
		}
	}
	if route == nil || route.Value == "" {
		return b.errorf(how, "the websocket event of function %s has no route, such as route: $default",
			name)
	}
	key, err := b.text(route)
	if err != nil {
		return err
	}
	b.result.Config.Routes[key] = backend.Route{
		Target:   backend.Target{Function: name},
		Response: member(how, "routeResponseSelectionExpression") != nil,
	}
	a := member(how, "authorizer")
	if a == nil || key != "$connect" {
		return nil
	}
	function := a
	// The default of the framework.
	sources := []string{"route.request.header.Auth"}
	if a.Kind == yaml.MappingNode {
		function = member(a, "name")
		if s := member(a, "identitySource"); s != nil {
			sources = nil
			for _, n := range elements(s) {
				for one := range strings.SplitSeq(n.Value, ",") {
					sources = append(sources, strings.TrimSpace(one))
				}
			}
		}
	}
	if function == nil || member(joined(b.root, "functions"), function.Value) == nil {
		return b.errorf(a, "the authorizer is no function of this file")
	}
	b.result.Config.Authorizer = &backend.Authorizer{
		Target: backend.Target{Function: function.Value}, IdentitySources: sources,
	}
	return nil
}
