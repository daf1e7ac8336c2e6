package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// chalicePath is where a project of Chalice keeps its configuration, below its directory.
const chalicePath = ".chalice/config.json"

// isChalice reports whether a file is the configuration of a project of Chalice.
func isChalice(path string) bool {
	return filepath.Base(path) == "config.json" && filepath.Base(filepath.Dir(path)) == ".chalice"
}

// Defaults of Chalice. (https://aws.github.io/chalice/topics/configfile.html)
const (
	chaliceStage   = "api" // of API Gateway
	chaliceTimeout = 60    // seconds
)

// chaliceHandler is a decorated function of app.py. Other decorators, and comments, may stand
// between the decorator and the function.
var chaliceHandler = regexp.MustCompile(
	`(?m)^@\w+\.on_ws_(connect|message|disconnect)\s*\([^)]*\)[^\n]*\n` +
		`(?:[ \t]*(?:[@#][^\n]*)?\n)*(?:async )?def\s+(\w+)`)

// chaliceRoutes are the routes of the decorators.
var chaliceRoutes = map[string]string{
	"connect": "$connect", "message": "$default", "disconnect": "$disconnect",
}

// chalice reads the project around a configuration of Chalice. Its routes are in app.py, and its
// tables are not described anywhere.
func (b *builder) chalice() error {
	b.result.Dir = filepath.Dir(b.result.Dir) // above .chalice
	b.result.UsesTables = true
	stage := b.options.Stage
	if stage == "" {
		stage = defaultStage
	}
	own := member(b.root, "stages", stage)
	c := &b.result.Config
	c.APIGatewayStage = chaliceStage
	for _, n := range []*yaml.Node{b.root, own} {
		if name := member(n, "api_gateway_stage"); name != nil {
			c.APIGatewayStage = name.Value
		}
	}
	if name := member(b.root, "app_name"); name != nil && project.CheckName(name.Value) == nil {
		c.AppName = name.Value
	}
	path := filepath.Join(b.result.Dir, "app.py")
	source, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b.errorf(b.root, "there is no %s", path)
	}
	if err != nil {
		return b.errorf(b.root, "read project: %w", err)
	}
	for _, at := range chaliceHandler.FindAllSubmatchIndex(source, -1) {
		m := chaliceHandler.FindStringSubmatch(string(source[at[0]:]))
		logical := "websocket_" + m[1]
		line := 1 + strings.Count(string(source[:at[0]]), "\n")
		b.result.Places[logical] = fmt.Sprintf("%s:%d", path, line)
		f, err := b.chaliceFunction(logical, own)
		if err != nil {
			return err
		}
		f.Handler = "app." + m[2]
		c.Functions[logical] = f
		c.Routes[chaliceRoutes[m[1]]] = backend.Route{Target: backend.Target{Function: logical}}
	}
	if len(c.Routes) == 0 {
		return b.errorf(b.root, "%s has no @app.on_ws_connect, on_ws_message or on_ws_disconnect", path)
	}
	return nil
}

// chaliceFunction returns the settings of a function. Of those for all stages the variables of a
// single function do not count, as with Chalice itself.
func (b *builder) chaliceFunction(logical string, stage *yaml.Node) (project.Function, error) {
	f := project.Function{Runtime: "chalice"}
	f.Timeout, f.Environment = chaliceTimeout, make(project.Variables)
	top := member(b.root, "lambda_functions", logical)
	single := member(stage, "lambda_functions", logical)
	for _, n := range []*yaml.Node{b.root, top, stage, single} {
		for key, to := range map[string]*int{
			"lambda_timeout": &f.Timeout, "lambda_memory_size": &f.MemorySize,
		} {
			at := member(n, key)
			if at == nil {
				continue
			}
			number, err := strconv.Atoi(at.Value)
			if err != nil {
				return f, b.errorf(at, "%s is %q, want a number", key, at.Value)
			}
			*to = number
		}
		if n == top {
			continue
		}
		err := members(member(n, "environment_variables"), func(name string, value *yaml.Node) error {
			if value.Kind != yaml.ScalarNode {
				return b.errorf(value, "environment variable %s is no text", name)
			}
			f.Environment[name] = project.Variable{Text: value.Value}
			return nil
		})
		if err != nil {
			return f, err
		}
	}
	return f, nil
}
