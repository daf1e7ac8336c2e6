package template

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// serverlessTimeout is how long a function may take if the file says nothing, in seconds.
// (https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml)
const serverlessTimeout = 6

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

// addServerlessFunction adds a function. Its code is in the directory of the file.
func (b *builder) addServerlessFunction(name string, f, provider *yaml.Node) error {
	var failed error
	get := func(key string) string {
		for _, n := range []*yaml.Node{member(f, key), member(provider, key)} {
			if n != nil {
				text, err := b.text(n)
				failed = cmp.Or(failed, err)
				return text
			}
		}
		return ""
	}
	out := project.Function{Runtime: get("runtime"), Handler: get("handler")}
	if out.Runtime == "" {
		out.Runtime = "nodejs" // the default of the framework
	}
	if failed != nil {
		return failed
	}
	if out.Handler == "" {
		if member(f, "image") != nil {
			return b.errorf(f, "function %s is a container image, which tyg does not run", name)
		}
		return b.errorf(f, "function %s has no handler, such as src/app.handler", name)
	}
	if base := b.basePath(); base != "" {
		out.Handler = path.Join(base, out.Handler)
	}
	b.setArtifact(&out, f)
	out.Timeout, out.MemorySize = serverlessTimeout, 1024
	if n, err := strconv.Atoi(get("timeout")); err == nil {
		out.Timeout = n
	}
	if n, err := strconv.Atoi(get("memorySize")); err == nil {
		out.MemorySize = n
	}
	if failed != nil {
		return failed
	}
	out.Environment = make(project.Variables)
	b.addDotenvTo(out.Environment)
	for _, n := range []*yaml.Node{member(provider, "environment"), member(f, "environment")} {
		if n != nil && n.Tag == unresolvedTag {
			b.result.Notes = append(b.result.Notes, fmt.Sprintf("function %s misses its environment: %v",
				name, b.unknown[n.Line]))
		}
		err := members(n, func(key string, at *yaml.Node) error {
			return b.addVariable(out.Environment, name, key, at)
		})
		if err != nil {
			return err
		}
	}
	layers := member(f, "layers")
	if layers == nil {
		layers = member(provider, "layers")
	}
	b.addServerlessLayers(&out, layers)
	b.result.Config.Functions[name], b.result.Places[name] = out, b.place(f)
	return nil
}

// basePath returns the directory that a plugin puts before all handlers.
// (https://www.npmjs.com/package/serverless-functions-base-path)
func (b *builder) basePath() string {
	for _, n := range elements(member(b.root, "plugins")) {
		if n.Value == "serverless-functions-base-path" {
			return value(b.root, "custom", "functionsBasePath")
		}
	}
	return ""
}

// setArtifact sets where the code of a function is that a step before the framework packs. Programs
// are named by the path of their package, so that they are built from source; scripts run from
// their source, if it is there.
func (b *builder) setArtifact(out *project.Function, f *yaml.Node) {
	at := member(f, "package", "artifact")
	if at == nil {
		at = member(b.root, "package", "artifact")
	}
	if at == nil || at.Kind != yaml.ScalarNode || at.Tag == unresolvedTag {
		return
	}
	file := filepath.ToSlash(filepath.Clean(filepath.FromSlash(at.Value)))
	zipped := exists(b.result.Dir, file)
	if isCompiled(out.Runtime) && (!zipped || exists(b.result.Dir, "go.mod")) {
		dir, name := path.Dir(file), strings.TrimSuffix(path.Base(file), path.Ext(file))
		if path.Base(dir) != name {
			dir = path.Join(dir, name)
		}
		if !strings.Contains(out.Handler, "/") {
			out.Handler = path.Join(dir, out.Handler)
		}
		return
	}
	source := strings.TrimSuffix(out.Handler, path.Ext(out.Handler))
	beside, _ := filepath.Glob(filepath.Join(b.result.Dir, filepath.FromSlash(source)) + ".*")
	if zipped && len(beside) == 0 {
		out.Directory = file
	}
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil
}

// addVariable adds a variable of a function. One without a value here, such as a parameter of SSM,
// is left to the environment of the developer, and noted if it is not there.
func (b *builder) addVariable(
	all project.Variables, function, key string, at *yaml.Node,
) error {
	text, err := b.text(at)
	switch {
	case err == nil:
		all[key] = project.Variable{Text: text}
	case !errors.Is(err, errElsewhere) && !errors.Is(err, errNoValue):
		return err
	case b.getenv(key) == "":
		delete(all, key)
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("function %s misses %s, which you can set "+
			"in the environment: %v", function, key, err))
	}
	return nil
}

// addServerlessLayers lets a function find the modules of layers. A layer of this file is named by
// a reference to the resource that the framework makes of it.
// (https://www.serverless.com/framework/docs/providers/aws/guide/layers)
func (b *builder) addServerlessLayers(f *project.Function, list *yaml.Node) {
	var dirs []string
	for _, n := range elements(list) {
		id := ""
		if ref := member(n, "Ref"); ref != nil {
			id = ref.Value
		} else if n.Tag == "!Ref" {
			id = n.Value
		}
		var at *yaml.Node
		_ = members(joined(b.root, "layers"), func(name string, layer *yaml.Node) error {
			if resourceName(name)+"LambdaLayer" == id {
				at = member(layer, "path")
			}
			return nil
		})
		if at == nil || at.Kind != yaml.ScalarNode {
			b.missLayer(id)
			continue
		}
		dirs = b.addLayer(dirs, at)
	}
	b.setLayers(f, dirs)
}

// resourceName returns the beginning of the name of a resource for a function or a layer.
// (https://github.com/serverless/serverless/blob/v3.40.0/lib/plugins/aws/lib/naming.js)
func resourceName(name string) string {
	name = strings.NewReplacer("-", "Dash", "_", "Underscore").Replace(name)
	return strings.ToUpper(name[:min(len(name), 1)]) + name[min(len(name), 1):]
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
