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

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// serverlessTimeout is how long a function may take if the file says nothing, in seconds.
// (https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml)
const serverlessTimeout = 6

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
