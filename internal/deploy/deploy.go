package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A Deployer puts one stage of one application on AWS. Its methods must not be called at the same time.
type Deployer struct {
	Cloud *Cloud

	// StateFile remembers what was made. It and its directory are made when needed.
	StateFile string

	// Progress gets a line before each step that takes a while, and before some that matter. Nil drops
	// them.
	Progress func(line string)
}

// Plan compares an application with what is there. It reads only.
func (d *Deployer) Plan(ctx context.Context, app Application) (Plan, error) {
	if err := Check(app); err != nil {
		return Plan{}, err
	}
	state, err := d.state()
	if err != nil {
		return Plan{}, err
	}
	found, err := d.Cloud.find(ctx, app, state)
	if err != nil {
		return Plan{}, err
	}
	return newPlan(app, d.Cloud.Account, found, state)
}

// Apply does the steps of a plan, in order. When it fails, is interrupted or dies, all that it has made
// is in the state file, and the next Plan goes on from there.
func (d *Deployer) Apply(ctx context.Context, p Plan) error {
	r := d.run(p.app, p.state)
	r.IDs = p.found.ids()
	r.State.Region, r.State.AccountID = d.Cloud.Account.Region, d.Cloud.Account.ID
	r.State.TagKeys = slices.Sorted(maps.Keys(p.state.AllTagKeys(p.app)))
	return r.Apply(ctx, p.Steps)
}

// State returns what the state file says.
func (d *Deployer) State() (State, error) { return ReadState(d.StateFile) }

// state reads the state file, and checks that it is about this account and region.
func (d *Deployer) state() (State, error) {
	s, err := ReadState(d.StateFile)
	if err != nil {
		return s, err
	}
	if len(s.Resources) == 0 {
		return s, nil // it may go anywhere
	}
	here := d.Cloud.Account
	if s.AccountID != "" && s.AccountID != here.ID {
		return s, fmt.Errorf("this stage is deployed in account %s, and the credentials are of account %s; "+
			"use those of the other (--profile), or another stage", s.AccountID, here.ID)
	}
	if s.Region != "" && s.Region != here.Region {
		return s, fmt.Errorf("this stage is deployed in region %s, and the region is %s; give --region %s, "+
			"or use another stage", s.Region, here.Region, s.Region)
	}
	return s, nil
}

func (d *Deployer) run(app Application, state State) *plan.Run {
	r := &plan.Run{
		Waiter: d.Cloud.waiter, App: app, Account: d.Cloud.Account, State: state, File: d.StateFile,
		Progress: d.Progress,
	}
	if r.Progress == nil {
		r.Progress = func(string) {}
	}
	return r
}
