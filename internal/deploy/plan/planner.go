package plan

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Planner collects steps. It knows what is wanted and what the state file remembers; what there is on
// AWS is known to each kind.
type Planner struct {
	App     spec.Application
	Account spec.Account
	State   State
	Known   IDs // of what there is

	Steps     []Step
	Warnings  []string
	Conflicts []error
}

// Plan plans all kinds of resources. What is not needed any more goes last: until the new routes are live,
// clients still use it.
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

// Warn adds a warning: about what will work, and not as one may think.
func (p *Planner) Warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

// Conflict adds what makes the plan fail.
func (p *Planner) Conflict(format string, args ...any) {
	p.Conflicts = append(p.Conflicts, fmt.Errorf(format, args...))
}

// Owned reports whether something that is there may be touched: it has the tag, or the state file
// knows it. If it may not, the plan fails.
func (p *Planner) Owned(kind, recorded, name string, tags map[string]string) bool {
	return p.OwnedBy(kind, recorded, name, tags, p.App.Tag())
}

// OwnedBy is Owned for what has another value of the tag.
func (p *Planner) OwnedBy(kind, recorded, name string, tags map[string]string, tag string) bool {
	known, ok := p.State.Find(kind, recorded)
	if ok && !known.Pending || tags[spec.TagKey] == tag {
		return true
	}
	p.Conflict("%s %s exists, and is not of this application: it has the tag %s=%s, and not %s=%s; "+
		"delete it, give it that tag to hand it over, or choose another app_name or --stage",
		kind, name, spec.TagKey, tags[spec.TagKey], spec.TagKey, tag)
	return false
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

// Update adds a step if anything differs. If nothing does, but the state file does not know the
// resource as it is, the step only writes that down.
func (p *Planner) Update(
	kind, name, line string, diff Changes, res Resource, do func(context.Context, *Run, *Resource) error,
) {
	if len(diff) > 0 {
		p.Add(Step{
			Action: Update, Type: kind, Name: name, Changes: diff, Line: line, Resource: res, Do: do,
		})
		return
	}
	if known, ok := p.State.Find(res.Type, res.Name); res.Name != "" && (!ok || !reflect.DeepEqual(known, res)) {
		p.Add(Step{
			Action: Record, Type: kind, Name: name, Resource: res,
			Do: func(context.Context, *Run, *Resource) error { return nil },
		})
	}
}

// DeleteStale plans the deletion of the resources of one type that the state file has and the application
// does not need.
func (p *Planner) DeleteStale(kind ResourceType, needed func(Resource) bool) {
	for _, res := range p.State.Of(kind.Name) {
		if !needed(res) {
			p.Add(kind.Delete(res))
		}
	}
}
