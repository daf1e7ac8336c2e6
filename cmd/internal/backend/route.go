// Package backend connects a gateway to what handles its events: functions on this machine, URLs,
// and functions on AWS.
package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/redact"
)

// A Target handles events. Exactly one of Function, URL, ARN and Mock is set.
type Target struct {
	Function string `json:"function"` // name of a function on this machine
	URL      string `json:"url"`      // to which events are POSTed
	ARN      string `json:"arn"`      // of a function on AWS
	Region   string `json:"region"`   // of the function on AWS; empty: as in its ARN

	// Mock is the body with which each event is answered, as by a mock integration.
	Mock *string `json:"mock"`
}

// A Route has the target of a route, and whether the client gets the response.
type Route struct {
	Target
	Response bool `json:"response"`
}

// An Authorizer has the target that authorizes handshakes.
type Authorizer struct {
	Target
	IdentitySources []string `json:"identity_sources"`
}

// A Set is everything behind a gateway.
type Set struct {
	Functions  []functions.Function
	Routes     map[string]Route
	Selection  string      // the route selection expression; empty: the default
	Leave      *Target     // of leave events; nil: none
	Authorizer *Authorizer // nil: none
	Pages      fs.FS       // files for browsers; nil: none
}

// OfProgram returns the set of one program, with the routes of its description.
func OfProgram(fn functions.Function, d tyg.Description) Set {
	s := Set{
		Functions: []functions.Function{fn}, Routes: make(map[string]Route), Selection: d.RouteSelection,
		Pages: d.Pages,
	}
	here := Target{Function: fn.Name}
	for _, r := range d.Routes {
		s.Routes[r.Key] = Route{Target: here, Response: r.Response}
	}
	if d.Leave {
		s.Leave = &here
	}
	if d.Authorizer != nil {
		s.Authorizer = &Authorizer{Target: here, IdentitySources: d.Authorizer.IdentitySources}
	}
	return s
}

// Check reports every invalid route.
func (s Set) Check() error {
	names := make([]string, len(s.Functions))
	for i, fn := range s.Functions {
		names[i] = fn.Name
	}
	return CheckTargets(s.Routes, s.Authorizer, names)
}

// CheckTargets reports every route, and an authorizer that is not nil, whose target cannot be. The
// names are those of the functions.
func CheckTargets(routes map[string]Route, authorizer *Authorizer, names []string) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		if err := routes[key].check(names); err != nil {
			errs = append(errs, fmt.Errorf("route %q: %w", key, err))
		}
	}
	if authorizer != nil {
		if err := authorizer.check(names); err != nil {
			errs = append(errs, fmt.Errorf("authorizer: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (t Target) check(names []string) error {
	set := 0
	for _, field := range []string{t.Function, t.URL, t.ARN} {
		if field != "" {
			set++
		}
	}
	if t.Mock != nil {
		set++
	}
	if set != 1 {
		return errors.New(`it needs one of "function", "url", "arn" and "mock"`)
	}
	if t.Function != "" && !slices.Contains(names, t.Function) {
		return fmt.Errorf("there is no function %q%s", t.Function, strict.DidYouMean(t.Function, names))
	}
	if t.URL != "" {
		if value.HTTPURL(t.URL) != nil {
			return fmt.Errorf("%q is not an http or https URL", redact.Text(t.URL))
		}
	}
	return nil
}

// A Place describes the gateway to authorizers.
type Place struct {
	Stage, APIID   string
	Domain         string // at which functions reach the gateway over https; empty: the client's word
	StageVariables map[string]string
}

// Router returns the handler of the set, with the functions of h.
func (s Set) Router(ctx context.Context, h *functions.Host, at Place) (*functions.Router, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	r := &functions.Router{
		Integrations:   make(map[string]functions.Integration),
		RouteSelection: s.Selection,
		Domain:         at.Domain,
	}
	for _, key := range slices.Sorted(maps.Keys(s.Routes)) {
		to := s.Routes[key]
		in, err := to.integration(ctx, h)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", key, err)
		}
		r.Integrations[key] = in
		if to.Response {
			r.RouteResponses = append(r.RouteResponses, key)
		}
	}
	if s.Leave != nil {
		var err error
		if r.Leave, err = s.Leave.integration(ctx, h); err != nil {
			return nil, fmt.Errorf("leave events: %w", err)
		}
	}
	if s.Authorizer == nil {
		return r, nil
	}
	in, err := s.Authorizer.integration(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	r.Authorizer = &functions.LambdaAuthorizer{
		Integration: withConnectionID{in}, IdentitySources: s.Authorizer.IdentitySources,
		APIID: at.APIID, Stage: at.Stage, Domain: at.Domain, StageVariables: at.StageVariables,
		Region: h.Region, AccountID: h.AccountID,
	}
	return r, nil
}

func (t Target) integration(ctx context.Context, h *functions.Host) (functions.Integration, error) {
	switch {
	case t.URL != "":
		return &functions.URL{Address: t.URL}, nil
	case t.ARN != "":
		return onAWS(ctx, t.ARN, t.Region)
	case t.Mock != nil:
		return mock(*t.Mock), nil
	}
	return h.Integration(t.Function), nil
}
