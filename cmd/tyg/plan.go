package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/cmd/tyg/internal/backend"
	"github.com/tyg-dev/tyg/cmd/tyg/internal/local"
	"github.com/tyg-dev/tyg/functions"
)

// plan is what the configuration says to "tyg local" about a stage of the project in dir, which is an
// absolute path.
func (c config) plan(dir, stage string) (local.Plan, error) {
	s := c.Stages[stage]
	p := local.Plan{
		Stage:          c.gatewayStage(stage),
		StageVariables: merge(c.StageVariables, s.StageVariables),
		Program:        configured(c.functionConfig, s.functionConfig),
	}
	p.Program.Name = c.AppName
	routes := merge(c.Routes, s.Routes)
	if len(routes) == 0 {
		return p, nil
	}
	p.Routes = &backend.Set{Routes: routes, Selection: c.RouteSelection, Authorizer: c.Authorizer}
	if s.RouteSelection != "" {
		p.Routes.Selection = s.RouteSelection
	}
	if s.Authorizer != nil {
		p.Routes.Authorizer = s.Authorizer
	}
	all := merge(c.Functions, s.Functions)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		top, own := c.Functions[name], s.Functions[name]
		fn := configured(c.functionConfig, s.functionConfig, top.functionConfig, own.functionConfig)
		fn.Name = name
		fn.Dir = dir
		for _, f := range []lambdaConfig{top, own} {
			if f.Command != nil {
				fn.Command = f.Command
			}
			if f.Directory != "" {
				fn.Dir = filepath.Join(dir, filepath.FromSlash(f.Directory))
			}
		}
		if len(fn.Command) == 0 {
			return p, fmt.Errorf("%s: lambda_functions.%s has no command; it is what to run, such as "+
				`["python3", "main.py"]`, configPath, name)
		}
		p.Routes.Functions = append(p.Routes.Functions, fn)
	}
	return p, nil
}

// configured returns a function as the levels of a configuration say, of which the last counts most.
func configured(levels ...functionConfig) functions.Function {
	var fn functions.Function
	for _, l := range levels {
		fn.Env = merge(fn.Env, l.Environment)
		if l.Timeout != 0 {
			fn.Timeout = time.Duration(l.Timeout) * time.Second
		}
		if l.MemorySize != 0 {
			fn.MemorySize = l.MemorySize
		}
		if l.ReservedConcurrency != nil {
			fn.Concurrency = *l.ReservedConcurrency
		}
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
