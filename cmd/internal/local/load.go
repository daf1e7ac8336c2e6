package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
)

// A version is one state of the project. If plan and hash are equal, nothing has to be replaced.
type version struct {
	plan    Plan
	hash    string          // of the program, or of the files of the functions
	program gobuild.Program // zero if the functions need no building

	built map[string]gobuild.Program // of functions, by their names

	names []string // of the functions
}

// load updates the functions to the current files, and reports whether anything has changed. If it
// fails, it changes nothing.
func (s *server) load(ctx context.Context) (changed bool, err error) {
	plan, err := s.cfg.Plan()
	if err != nil {
		return false, err
	}
	next := version{plan: plan}
	s.project.Tags = storageTags(s.cfg.Environ, plan.Program.Env)
	if plan.Routes == nil {
		if s.sources == nil {
			s.sources, err = s.project.Sources(ctx, nil)
		}
		if err == nil {
			next.program, err = s.project.Build(ctx)
		}
		next.hash = next.program.Hash
	} else if next.built, next.hash, err = s.build(ctx, plan); err == nil {
		var hash string
		hash, err = fingerprint(s.files(plan))
		next.hash += hash
	}
	if err != nil {
		return false, err
	}
	if next.hash == s.now.hash && next.plan.sameAs(s.now.plan) {
		return false, nil
	}
	if err := s.tables.make(ctx, plan.Tables); err != nil {
		return false, err
	}
	set, err := s.set(ctx, next)
	if err == nil {
		err = plan.place(s.deploy(ctx, set))
	}
	if err != nil {
		if next.program.Path != s.now.program.Path {
			next.program.Drop()
		}
		return false, err
	}
	for _, fn := range set.Functions {
		next.names = append(next.names, fn.Name)
	}
	s.retire(next)
	if s.serving.Load() {
		s.startSources()
	}
	return true, nil
}

// sameAs reports whether two plans have the same functions and routes, wherever they stand.
func (p Plan) sameAs(other Plan) bool {
	p.Places, other.Places = nil, nil
	return reflect.DeepEqual(p, other)
}

// place adds to an error of a function where the function is configured.
func (p Plan) place(err error) error {
	if err == nil {
		return nil
	}
	for name, place := range p.Places {
		if strings.Contains(err.Error(), "function "+strconv.Quote(name)) {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return err
}

// set returns the functions and routes of a version.
func (s *server) set(ctx context.Context, v version) (backend.Set, error) {
	if v.plan.Routes != nil {
		s.name = cmp.Or(v.plan.Name, s.cfg.Name)
		set := *v.plan.Routes
		set.Functions, s.triggers = slices.Clone(set.Functions), nil
		for i, fn := range set.Functions {
			if b, ok := v.plan.Builds[fn.Name]; ok {
				fn = b.built(fn, v.built[fn.Name])
			}
			fn.Env = s.unlessSet(fn.Env)
			shared, err := s.shared(ctx, v.plan.NATS, fn.Env)
			if err != nil {
				return set, err
			}
			maps.Copy(fn.Env, shared)
			if _, ok := v.plan.Triggers[fn.Name]; ok {
				s.triggers = append(s.triggers, fn.Name)
				fn.Env[triggerVariable] = fn.Name
			}
			set.Functions[i] = s.tune(fn)
		}
		return set, nil
	}
	fn := s.tune(v.plan.Program)
	fn.Command = append([]string{v.program.Path}, s.cfg.Args...)
	fn.Dir = s.cfg.Dir
	fn.Env = s.unlessSet(fn.Env)
	shared, err := s.shared(ctx, v.plan.NATS, fn.Env)
	if err != nil {
		return backend.Set{}, err
	}
	maps.Copy(fn.Env, shared)
	d, err := backend.Ask(ctx, fn, s.cfg.Environ)
	if errors.Is(err, backend.ErrSilent) {
		return backend.Set{},
			fmt.Errorf("%w\nRun a program that holds its sockets itself with --in-process", err)
	}
	if err != nil {
		return backend.Set{}, err
	}
	s.name = cmp.Or(v.plan.Name, d.Name)
	if fn.Name == "" {
		fn.Name = functionName(d.Name)
	}
	if slices.Contains(d.Triggers, fn.Name) {
		fn.Name = programName
	}
	s.triggers = d.Triggers
	set := backend.OfProgram(fn, d)
	set.Functions = append(set.Functions, s.triggerFunctions(v.plan, fn, d.Triggers)...)
	return set, nil
}

// unlessSet returns the variables that the environment does not have.
func (s *server) unlessSet(vars map[string]string) map[string]string {
	env := make(map[string]string)
	for name, value := range vars {
		if !isSet(s.cfg.Environ, name) {
			env[name] = value
		}
	}
	return env
}

// functionName returns a valid name of a function for the name of an App, which may be any text.
func functionName(app string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 {
			return r
		}
		return '-'
	}, app)
	if name == "" {
		return "app"
	}
	return name[:min(len(name), 64)]
}

// deploy starts the functions and then directs events to them.
func (s *server) deploy(ctx context.Context, set backend.Set) error {
	router, err := set.Router(ctx, s.host, s.place)
	if err != nil {
		return err
	}
	if err := s.host.Deploy(ctx, set.Functions...); err != nil {
		return err
	}
	if err := s.handlers.Set(router); err != nil {
		return err
	}
	s.pages.Set(set.Pages)
	return nil
}

// retire removes the functions and the program that the next version does not have.
func (s *server) retire(next version) {
	old := s.now
	s.now = next
	for _, name := range old.names {
		if !slices.Contains(next.names, name) {
			s.host.Remove(name)
		}
	}
	if old.program.Path != "" && old.program.Path != next.program.Path {
		old.program.Drop()
	}
	kept := slices.Collect(maps.Values(next.built))
	for _, program := range old.built {
		if !slices.Contains(kept, program) {
			program.Drop()
		}
	}
}
