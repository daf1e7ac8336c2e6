package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A Plan is all that has to happen so that what is there is what should be.
type Plan struct {
	Account Account
	Steps   []Step
	// Warnings are about what will work, and not as one may think.
	Warnings []string

	app   Application
	found found
	state State
}

// found is what there is on AWS of what an application names, and of what its state file remembers.
type found []plan.Found

// find asks AWS what there is. It reads only.
func (c *Cloud) find(ctx context.Context, app Application, state State) (found, error) {
	var all found
	for _, k := range c.kinds {
		f, err := k.Find(ctx, app, state)
		if err != nil {
			return nil, fmt.Errorf("look at what there is: %w", awserr.Explain(err, c.Account))
		}
		all = append(all, f)
	}
	all.ignoreTags(state.AllTagKeys(app))
	return all, nil
}

// ignoreTags forgets all tags but ours. Some accounts have programs that tag everything, and would do it again.
func (all found) ignoreTags(ours map[string]bool) {
	for _, f := range all {
		for _, tags := range f.Tags {
			maps.DeleteFunc(tags, func(key, _ string) bool { return !ours[key] })
		}
	}
}

// ids returns what steps need to know of what is there.
func (all found) ids() plan.IDs {
	ids := plan.IDs{Roles: map[string]string{}, Integrations: map[string]string{}}
	for _, f := range all {
		if f.IDs != nil {
			f.IDs(&ids)
		}
	}
	return ids
}

// newPlan compares what should be there with what is. It calls nothing. The error names everything that is
// in the way.
func newPlan(app Application, account Account, found found, state State) (Plan, error) {
	p := &plan.Planner{App: app, Account: account, State: state, Known: found.ids()}
	p.Plan(found)
	return Plan{
		Account: account, Steps: p.Steps, Warnings: p.Warnings, app: app, found: found, state: state,
	}, errors.Join(p.Conflicts...)
}
