package local

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/runtimes"
)

// NewPlan returns the plan of a stage of the project in dir, which is an absolute path.
func NewPlan(c project.Config, dir, stage string) (Plan, error) {
	s := c.At(stage)
	p := Plan{
		Name: c.AppName,

		Origins:        s.Origins,
		Stage:          s.APIGatewayStage,
		StageVariables: s.StageVariables,
		Program:        localFunction(c.AppName, c.Function(stage, s.App).FunctionConfig),
		APIID:          s.APIID,
		Region:         s.Region,
		AccountID:      s.AccountID,
		NATS:           s.NATS,
		Drain:          (*time.Duration)(s.Drain),
	}
	for name, source := range s.Triggers {
		if p.Triggers == nil {
			p.Triggers = make(map[string]Trigger)
		}
		fn := localFunction(name, c.Function(stage, name).FunctionConfig)
		p.Triggers[name] = Trigger{
			Source: source, Function: fn, Table: streamTable(source, s, c.AppName+"-"+stage),
		}
	}
	if unused := c.Unused(stage, project.Local); unused != "" {
		p.Notes = append(p.Notes, project.ConfigPath+": "+unused)
	}
	if missing := c.MissingSecrets(stage, os.LookupEnv); missing != "" {
		p.Notes = append(p.Notes, project.ConfigPath+": "+missing)
	}
	if len(s.Routes) == 0 && !p.readsStreams() {
		return p, nil // a program keeps what it has on NATS
	}
	var named map[string]string
	var err error
	if p.Tables, named, err = tablesOf(s, c.AppName+"-"+stage); err != nil {
		return p, fmt.Errorf("%s: %w", project.ConfigPath, err)
	}
	if len(s.Routes) == 0 {
		p.Program.Env = withTables(p.Program.Env, named)
		return p, nil
	}
	p.Routes = &backend.Set{Routes: s.Routes, Selection: s.RouteSelection, Authorizer: s.Authorizer}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		f := c.Function(stage, name)
		fn := localFunction(name, f.FunctionConfig)
		fn.Env = withTables(fn.Env, named)
		fn.InitTimeout, fn.IdleTimeout = time.Duration(f.InitTimeout), time.Duration(f.IdleTimeout)
		if fn.Dir = filepath.FromSlash(f.Directory); !filepath.IsAbs(fn.Dir) {
			fn.Dir = filepath.Join(dir, fn.Dir)
		}
		build, err := setCommand(&fn, f)
		if err != nil {
			return p, &FunctionError{Function: name, Err: err}
		}
		if build != nil {
			if p.Builds == nil {
				p.Builds = make(map[string]Build)
			}
			p.Builds[name] = *build
		}
		p.Routes.Functions = append(p.Routes.Functions, fn)
	}
	return p, nil
}

// readsStreams reports whether a trigger reads the stream of a table of the project.
func (p Plan) readsStreams() bool {
	for _, t := range p.Triggers {
		if t.Table != "" {
			return true
		}
	}
	return false
}

// localName returns the name of a table.
func localName(t project.TableConfig, logical, prefix string) string {
	return cmp.Or(t.Name, strings.TrimPrefix(prefix+"-"+logical, "-"))
}

// A FunctionError is a function that cannot be run as it is configured.
type FunctionError struct {
	Function string
	Err      error
}

// Error returns the error after the key of the function.
func (e *FunctionError) Error() string {
	return project.ConfigPath + ": lambda_functions." + e.Function + e.Err.Error()
}

// Unwrap returns the error without the function.
func (e *FunctionError) Unwrap() error { return e.Err }

// setCommand sets the command of a function: its own, or that of its runtime. It returns how the
// program is built, nil if it need not be.
func setCommand(fn *functions.Function, f project.Function) (build *Build, err error) {
	fn.Handler, fn.Command = f.Handler, f.Command
	switch {
	case len(f.Command) > 0 && f.Runtime != "":
		return nil, errors.New(`: it has a "command" and a "runtime"; leave out one of them`)
	case len(f.Command) > 0:
		return nil, nil
	case f.Runtime == "":
		return nil, errors.New(` has no command, such as ["python3", "main.py"]`)
	}
	kind, err := runtimes.Parse(f.Runtime)
	switch {
	case err != nil:
	case isZip(fn.Dir):
		build = &Build{Zip: fn.Dir}
		fn.Dir = filepath.Dir(fn.Dir)
		fn.Command, err = kind.Command(fn.Dir)
	case kind.Extensions() == nil:
		build, err = setProgram(fn, f.Handler)
	case f.Handler == "":
		err = errors.New(`it has a "runtime" and no "handler", such as "app.handler"`)
	default:
		if fn.Command, err = kind.Command(fn.Dir); err == nil && kind.RunsTypeScript() {
			build = typeScript(fn.Dir, f.Handler)
		}
	}
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	return build, nil
}

// localFunction returns a function as it is configured. Package functions has the defaults.
func localFunction(name string, f project.FunctionConfig) functions.Function {
	fn := functions.Function{
		Name: name, Env: f.Environment.Here(), MemorySize: f.MemorySize,
		Timeout: time.Duration(f.Timeout) * time.Second,
	}
	if f.ReservedConcurrency != nil && *f.ReservedConcurrency >= 0 {
		fn.Concurrency = *f.ReservedConcurrency
	}
	return fn
}

// withTables returns the variables of a function, and those that name tables.
func withTables(env, named map[string]string) map[string]string {
	out := maps.Clone(named)
	maps.Copy(out, env)
	return out
}

// tablesOf returns the tables of a stage, and the variables that have their names.
func tablesOf(s project.StageConfig, prefix string) ([]Table, map[string]string, error) {
	named := make(map[string]string)
	var all []Table
	for _, logical := range slices.Sorted(maps.Keys(s.Tables)) {
		t := s.Tables[logical]
		name := localName(t, logical, prefix)
		request, err := t.CreateRequest(name)
		if err != nil {
			return nil, nil, fmt.Errorf("tables.%s%w", logical, err)
		}
		all = append(all, Table{Name: name, Request: request, TTL: t.TTLAttribute})
		variable := t.Variable
		if variable == "" && len(s.Tables) == 1 {
			variable = "TABLE"
		}
		if variable != "" {
			named[variable] = name
		}
	}
	return all, named, nil
}
