package plan

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Planner collects the steps of a plan.
type Planner struct {
	App     spec.Application
	Account spec.Account
	State   State
	Known   IDs // of what is on AWS

	Steps     []Step
	Warnings  []string
	Conflicts []error
}

// Plan plans all kinds of resources. Deletions come last: clients use the old resources until the
// new routes are live.
func (p *Planner) Plan(kinds []Found) {
	for _, k := range kinds {
		p.part(k.First)
	}
	for _, fn := range p.App.Functions {
		for _, k := range kinds {
			if k.Each != nil {
				k.Each(p, fn)
			}
		}
	}
	for _, k := range kinds {
		p.part(k.Last)
	}
	for _, k := range slices.Backward(kinds) {
		p.part(k.Stale)
	}
}

func (p *Planner) part(plan func(*Planner)) {
	if plan != nil {
		plan(p)
	}
}

// Add adds a step.
func (p *Planner) Add(s Step) { p.Steps = append(p.Steps, s) }

// Warn adds a warning, about something that works but may surprise.
func (p *Planner) Warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

// Conflict adds an error, which makes the plan fail.
func (p *Planner) Conflict(format string, args ...any) {
	p.Conflicts = append(p.Conflicts, fmt.Errorf(format, args...))
}

// Owned reports whether an existing resource belongs to the application: it has the tag, or the
// state file has it. Otherwise the plan fails.
func (p *Planner) Owned(kind, recorded, name string, tags map[string]string) bool {
	return p.OwnedBy(kind, recorded, name, tags, p.App.Tag())
}

// OwnedBy is Owned for a resource whose tag has another value.
func (p *Planner) OwnedBy(kind, recorded, name string, tags map[string]string, tag string) bool {
	known, ok := p.State.Find(kind, recorded)
	if ok && !known.Pending || tags[spec.TagKey] == tag {
		return true
	}
	whose := "it has no tag " + spec.TagKey
	if owner := tags[spec.TagKey]; owner != "" {
		whose = fmt.Sprintf("its tag %s is %s", spec.TagKey, owner)
	}
	p.Conflict("%s %s exists and belongs to another application: %s, and that of this one is %s; "+
		"delete it, give it that tag to hand it over, or choose another app_name or --stage",
		kind, name, whose, tag)
	return false
}

// Leaves reports whether a function is not of the application any more, and the API has called it
// until this plan. API Gateway takes a while until all of it serves the new routes, so the
// function, its role, its log group and the permission to call it stay until the next deploy.
func (p *Planner) Leaves(logical string) bool {
	return !p.App.HasFunction(logical) && slices.Contains(p.Known.Called, logical)
}

// Has reports whether there is a step for a resource already.
func (p *Planner) Has(kind, name string) bool {
	for _, s := range p.Steps {
		if s.Type == kind && s.Name == name {
			return true
		}
	}
	return false
}

// Update adds a step that updates a resource if anything differs. If nothing differs but the entry
// in the state file, the step only records the resource.
func (p *Planner) Update(
	kind, name, line string, diff Changes, res Resource, do func(context.Context, *Run,
		*Resource) error,
) {
	if len(diff) > 0 {
		p.Add(Step{
			Action: Update, Type: kind, Name: name, Changes: diff, Line: line, Resource: res, Do: do,
		})
		return
	}
	if known, ok := p.State.Find(res.Type, res.Name); res.Name != "" &&
		(!ok || !reflect.DeepEqual(known, res)) {
		p.Add(Step{
			Action: Record, Type: kind, Name: name, Resource: res,
			Do: func(context.Context, *Run, *Resource) error { return nil },
		})
	}
}

// DeleteStale plans the deletion of the resources of one type that are in the state file and not
// needed.
func (p *Planner) DeleteStale(kind ResourceType, needed func(Resource) bool) {
	for _, res := range p.State.Of(kind.Name) {
		if !needed(res) {
			p.Add(kind.Delete(res))
		}
	}
}
