package local

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/functions"
)

// NewPlan returns the plan of a stage of the project in dir, which is an absolute path.
func NewPlan(c project.Config, dir, stage string) (Plan, error) {
	s := c.At(stage)
	p := Plan{
		Name: c.AppName,

		Stage:          s.APIGatewayStage,
		StageVariables: s.StageVariables,
		Program:        localFunction(c.AppName, s.FunctionConfig),
	}
	if len(s.Routes) == 0 {
		return p, nil
	}
	p.Routes = &backend.Set{Routes: s.Routes, Selection: s.RouteSelection, Authorizer: s.Authorizer}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		f := c.Function(stage, name)
		if len(f.Command) == 0 {
			return p, fmt.Errorf("%s: lambda_functions.%s has no command, such as "+
				`["python3", "main.py"]`, project.ConfigPath, name)
		}
		fn := localFunction(name, f.FunctionConfig)
		fn.Command = f.Command
		fn.Dir = filepath.Join(dir, filepath.FromSlash(f.Directory))
		p.Routes.Functions = append(p.Routes.Functions, fn)
	}
	return p, nil
}

// localFunction returns a function as it is configured. Package functions has the defaults.
func localFunction(name string, f project.FunctionConfig) functions.Function {
	fn := functions.Function{
		Name: name, Env: f.Environment, MemorySize: f.MemorySize,
		Timeout: time.Duration(f.Timeout) * time.Second,
	}
	if f.ReservedConcurrency != nil {
		fn.Concurrency = *f.ReservedConcurrency
	}
	return fn
}
