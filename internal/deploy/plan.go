package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/secret"
)

// A Plan has the steps that turn what is on AWS into what an application declares.
type Plan struct {
	Account Account
	Steps   []Step
	// Warnings are about what works but may surprise.
	Warnings []string

	app   Application
	found found
	state State
}

// found is what AWS has of the resources that an application names or its state file has.
type found []plan.Found

// find asks AWS for all resources. It changes nothing.
func (c *Cloud) find(ctx context.Context, app Application, state State) (found, error) {
	var all found
	for _, k := range c.kinds {
		f, err := k.Find(ctx, app, state)
		if err != nil {
			return nil, fmt.Errorf("look up existing resources: %w", awserr.Explain(err, c.Account))
		}
		all = append(all, f)
	}
	all.ignoreTags(state.AllTagKeys(app))
	return all, nil
}

// resolve returns the application with the values of the secrets that deploy reads. With these, the
// variables may be too long: AWS would say so with all their values.
func (c *Cloud) resolve(ctx context.Context, app Application) (Application, error) {
	app, err := secret.Resolve(ctx, c.config, app)
	if err != nil {
		return app, awserr.Explain(err, c.Account)
	}
	return app, Check(app)
}

// ignoreTags deletes all tags that tyg does not manage. Some accounts have programs that tag
// everything, and would set removed tags again.
func (all found) ignoreTags(ours map[string]bool) {
	for _, f := range all {
		for _, tags := range f.Tags {
			maps.DeleteFunc(tags, func(key, _ string) bool { return !ours[key] })
		}
	}
}

// ids returns the ids of existing resources.
func (all found) ids() plan.IDs {
	ids := plan.IDs{
		Roles: map[string]string{}, Integrations: map[string]string{}, Versions: map[string]string{},
	}
	for _, f := range all {
		if f.IDs != nil {
			f.IDs(&ids)
		}
	}
	return ids
}

// newPlan compares an application with what was found. It does not call AWS. The error names all
// conflicts.
func newPlan(app Application, account Account, found found, state State) (Plan, error) {
	known := found.ids()
	app.LeavesVPC = leavesVPC(app, known.InVPC)
	p := &plan.Planner{App: app, Account: account, State: state, Known: known}
	p.Plan(found)
	return Plan{
		Account: account, Steps: p.Steps, Warnings: p.Warnings, app: app, found: found, state: state,
	}, errors.Join(p.Conflicts...)
}

// leavesVPC reports whether a function with the generated role is in a VPC and will not be.
func leavesVPC(app Application, inVPC []string) bool {
	for _, logical := range inVPC {
		i := slices.IndexFunc(app.Functions, func(fn Function) bool { return fn.LogicalName == logical })
		if i < 0 || app.Functions[i].SubnetIDs == nil {
			return true
		}
	}
	return false
}
