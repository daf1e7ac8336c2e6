package deploy

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// An Action is what a [Step] does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	// Record writes a resource that is as it should be into the state file, and does nothing on AWS.
	Record Action = "record"
)

// A Plan is all that has to happen so that what is there is what should be.
type Plan struct {
	Account Account
	Steps   []Step
	// Warnings are about what will work, and not as one may think.
	Warnings []string

	app   Application
	found Found
	state State
}

// A Step creates, updates or deletes one thing.
type Step struct {
	Action  Action   `json:"action"`
	Type    string   `json:"type"` // such as TypeFunction
	Name    string   `json:"name"` // as AWS calls it
	Changes []Change `json:"changes,omitempty"`

	// line is what is printed before it is done, if it is worth one.
	line string
	// resource is what the state file says of it. Without a name it says nothing.
	resource Resource
	// do makes it so. It completes the resource with what only AWS knows.
	do func(context.Context, *run, *Resource) error
}

// A Change is a property with another value. Values are for people; secrets are not in them.
type Change struct {
	Property string `json:"property"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// String says what the step is, on one line: "update lambda_function echo-server-dev-websocket_message".
func (s Step) String() string { return fmt.Sprintf("%s %s %s", s.Action, s.Type, s.Name) }

// NewPlan compares what should be there with what is. It asks nobody and changes nothing. The error
// names everything that is in the way.
func NewPlan(app Application, found Found, state State) (Plan, error) {
	p := Plan{Account: found.Account, app: app, found: found, state: state}
	b := &planner{app: app, found: found, state: state}
	b.plan(kinds())
	p.Steps, p.Warnings = b.steps, b.warnings
	return p, errors.Join(b.conflicts...)
}

// plan plans all kinds of resources. What is not needed any more goes last: until the new routes are live,
// clients still use it.
func (b *planner) plan(kinds []kind) {
	for _, k := range kinds {
		b.part(k.first)
	}
	for _, fn := range b.app.Functions {
		for _, k := range kinds {
			if k.each != nil {
				k.each(b, fn)
			}
		}
	}
	for _, k := range kinds {
		b.part(k.last)
	}
	for _, k := range slices.Backward(kinds) {
		b.part(k.stale)
	}
}

func (b *planner) part(plan func(*planner)) {
	if plan != nil {
		plan(b)
	}
}

// A planner collects steps. Its methods, one for each kind of resource, are beside that kind.
type planner struct {
	app       Application
	found     Found
	state     State
	steps     []Step
	warnings  []string
	conflicts []error
}

func (b *planner) add(s Step) { b.steps = append(b.steps, s) }

func (b *planner) warn(format string, args ...any) {
	b.warnings = append(b.warnings, fmt.Sprintf(format, args...))
}

func (b *planner) conflict(format string, args ...any) {
	b.conflicts = append(b.conflicts, fmt.Errorf(format, args...))
}

// owned reports whether something that is there may be touched: it has the tag, or the state file
// knows it. If it may not, the plan fails.
func (b *planner) owned(kind, recorded, name string, tags map[string]string) bool {
	return b.ownedBy(kind, recorded, name, tags, b.app.Tag())
}

// ownedBy is owned for what has another value of the tag.
func (b *planner) ownedBy(kind, recorded, name string, tags map[string]string, tag string) bool {
	known, ok := b.state.Find(kind, recorded)
	if ok && !known.Pending || tags[spec.TagKey] == tag {
		return true
	}
	b.conflict("%s %s exists, and is not of this application: it has the tag %s=%s, and not %s=%s; "+
		"delete it, give it that tag to hand it over, or choose another app_name or --stage",
		kind, name, spec.TagKey, tags[spec.TagKey], spec.TagKey, tag)
	return false
}

// changes collects what differs.
type changes []Change

func (c *changes) compare(property, from, to string) {
	if from != to {
		*c = append(*c, Change{Property: property, From: from, To: to})
	}
}

// has reports whether there is a step for a resource already.
func (b *planner) has(kind, name string) bool {
	for _, s := range b.steps {
		if s.Type == kind && s.Name == name {
			return true
		}
	}
	return false
}

// update adds a step if anything differs. If nothing does, but the state file does not know the
// resource as it is, the step only writes that down.
func (b *planner) update(
	kind, name, line string, diff changes, res Resource, do func(context.Context, *run, *Resource) error,
) {
	if len(diff) > 0 {
		b.add(Step{
			Action: Update, Type: kind, Name: name, Changes: diff, line: line, resource: res, do: do,
		})
		return
	}
	if known, ok := b.state.Find(res.Type, res.Name); res.Name != "" && (!ok || !reflect.DeepEqual(known, res)) {
		b.add(Step{
			Action: Record, Type: kind, Name: name, resource: res,
			do: func(context.Context, *run, *Resource) error { return nil },
		})
	}
}
