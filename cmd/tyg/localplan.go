package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/internal/functions"
)

// plan is what the configuration says to "tyg local" about a stage of the project in dir, which is an
// absolute path.
func (c config) plan(dir, stage string) (local.Plan, error) {
	s := c.at(stage)
	p := local.Plan{
		Stage:          s.APIGatewayStage,
		StageVariables: s.StageVariables,
		Program:        localFunction(c.AppName, s.functionConfig),
	}
	if len(s.Routes) == 0 {
		return p, nil
	}
	p.Routes = &backend.Set{Routes: s.Routes, Selection: s.RouteSelection, Authorizer: s.Authorizer}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		f := c.function(stage, name)
		if len(f.Command) == 0 {
			return p, fmt.Errorf("%s: lambda_functions.%s has no command; it is what to run, such as "+
				`["python3", "main.py"]`, configPath, name)
		}
		fn := localFunction(name, f.functionConfig)
		fn.Command = f.Command
		fn.Dir = filepath.Join(dir, filepath.FromSlash(f.Directory))
		p.Routes.Functions = append(p.Routes.Functions, fn)
	}
	return p, nil
}

// localFunction returns a function as it is configured. What is not is functions' business.
func localFunction(name string, f functionConfig) functions.Function {
	fn := functions.Function{
		Name: name, Env: f.Environment, MemorySize: f.MemorySize,
		Timeout: time.Duration(f.Timeout) * time.Second,
	}
	if f.ReservedConcurrency != nil {
		fn.Concurrency = *f.ReservedConcurrency
	}
	return fn
}

// merge returns a new map of both; the second wins.
func merge[V any](a, b map[string]V) map[string]V {
	m := maps.Clone(a)
	if m == nil {
		m = make(map[string]V)
	}
	maps.Copy(m, b)
	return m
}
