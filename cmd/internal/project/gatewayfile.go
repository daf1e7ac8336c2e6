package project

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// GatewayPath is where "tyg gateway" had its own configuration, below the directory of a project.
const GatewayPath = ".tyg/gateway.json"

// A gatewayFile is a configuration in which the old spellings of gateway.json are keys, too. The
// next version drops them.
type gatewayFile struct {
	OldStage     string                `json:"stage" allow:"stage" old:"api_gateway_stage"`
	OldFunctions map[string]oldProgram `json:"functions" old:"lambda_functions"`
	OldRoutes    map[string]oldRoute   `json:"routes"`
	OldProfile   string                `json:"profile"`
	Config
}

// An oldProgram is a function with the keys that it had in gateway.json.
type oldProgram struct {
	Dir         string            `json:"dir" old:"directory"`
	Env         map[string]string `json:"env" old:"environment_variables"`
	Concurrency int               `json:"concurrency" allow:"0..100000" old:"reserved_concurrency"`
	OldMemory   int               `json:"memory_size" allow:"0..1048576" old:"lambda_memory_size"`

	OldTimeout value.Duration `json:"timeout" allow:"0s..24h" old:"lambda_timeout, in seconds"`
	Function
}

// An oldRoute may have the function itself in place of its name.
type oldRoute struct {
	backend.Route

	Command []string          `json:"command" old:"lambda_functions, by name"`
	Runtime string            `json:"runtime" old:"lambda_functions, by name"`
	Handler string            `json:"handler" old:"lambda_functions, by name"`
	Dir     string            `json:"dir" old:"lambda_functions, by name"`
	Env     map[string]string `json:"env" old:"lambda_functions, by name"`

	Concurrency int `json:"concurrency" allow:"0..100000" old:"lambda_functions, by name"`
	MemorySize  int `json:"memory_size" allow:"0..1048576" old:"lambda_functions, by name"`

	Timeout     value.Duration `json:"timeout" allow:"0s..24h" old:"lambda_functions, by name"`
	InitTimeout value.Duration `json:"init_timeout" allow:"0s..24h" old:"lambda_functions, by name"`

	IdleTimeout value.Duration `json:"idle_timeout" allow:"-1s..8760h" old:"lambda_functions, by name"`
}

// ParseGatewayFile parses a configuration that may have the old spellings of gateway.json. The
// notes name the new ones, each once, and begin with the line number, as errors do.
func ParseGatewayFile(data []byte) (c Config, notes []string, err error) {
	var f gatewayFile
	if notes, err = strict.UnmarshalOld(data, &f); err != nil {
		return c, nil, err
	}
	lines := strict.Lines(data)
	if f.OldProfile == "aws" || f.OldProfile == "server" {
		f.GatewayProfile = cmp.Or(f.GatewayProfile, f.OldProfile)
		notes = append(notes, fmt.Sprintf(`%d: "profile" is now "gateway_profile"`, lines["profile"]))
	} else {
		f.Config.Profile = f.OldProfile
	}
	if err := f.convert(); err != nil {
		return c, nil, strict.Locate(data, err)
	}
	return f.Config, notes, strict.Locate(data, f.check())
}

// convert moves the values of old spellings to the keys that they have now. A key that has both
// spellings keeps the new one.
func (f *gatewayFile) convert() error {
	f.APIGatewayStage = cmp.Or(f.APIGatewayStage, f.OldStage)
	f.Functions = maps.Clone(f.Functions)
	if f.Functions == nil {
		f.Functions = make(map[string]Function)
	}
	for name, p := range f.OldFunctions {
		if _, twice := f.Functions[name]; twice {
			return keyError("functions."+name, errors.New(`it is in "lambda_functions", too`))
		}
		f.Functions[name] = p.function()
	}
	f.Routes = make(map[string]backend.Route)
	for key, r := range f.OldRoutes {
		if len(r.Command) > 0 || r.Runtime != "" {
			name := "route-" + strings.Trim(strings.Map(wordOnly, key), "-")
			if _, twice := f.Functions[name]; twice || r.Target != (backend.Target{}) {
				return keyError("routes."+key, errors.New("it has both a command and another target"))
			}
			f.Functions[name] = r.program().function()
			r.Target.Function = name
		}
		f.Routes[key] = r.Route
	}
	return nil
}

func wordOnly(r rune) rune {
	if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
		return r
	}
	return '-'
}

func (p oldProgram) function() Function {
	f := p.Function
	if len(f.Command) > 0 {
		f.Runtime = "" // which the example of gateway.json had beside the command
	}
	f.Directory = cmp.Or(f.Directory, p.Dir)
	if f.Environment == nil && p.Env != nil {
		f.Environment = Texts(p.Env)
	}
	f.Timeout = cmp.Or(f.Timeout, int(math.Ceil(time.Duration(p.OldTimeout).Seconds())))
	f.MemorySize = cmp.Or(f.MemorySize, p.OldMemory)
	if f.ReservedConcurrency == nil && p.Concurrency > 0 {
		f.ReservedConcurrency = &p.Concurrency
	}
	return f
}

func (r oldRoute) program() oldProgram {
	return oldProgram{
		Dir: r.Dir, Env: r.Env, OldTimeout: r.Timeout, Concurrency: r.Concurrency,
		OldMemory: r.MemorySize,
		Function: Function{
			Command: r.Command, Runtime: r.Runtime, Handler: r.Handler,
			InitTimeout: r.InitTimeout, IdleTimeout: r.IdleTimeout,
		},
	}
}
