package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A Deployer deploys one stage of one application. Its methods must not be called concurrently.
type Deployer struct {
	Cloud *Cloud

	// StateFile is the name of the state file. It and its directory are created when needed.
	StateFile string

	// Progress is called with a line before each step that takes a while. It may be nil.
	Progress func(line string)
}

// Plan compares an application with what is on AWS. It changes nothing.
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

// Apply carries out the steps of a plan, in order. If it fails, is interrupted or killed, the state
// file has all that it has created, and the next Plan continues from there.
func (d *Deployer) Apply(ctx context.Context, p Plan) error {
	r := d.run(p.app, p.state)
	r.IDs = p.found.ids()
	r.State.Region, r.State.AccountID = d.Cloud.Account.Region, d.Cloud.Account.ID
	r.State.TagKeys = slices.Sorted(maps.Keys(p.state.AllTagKeys(p.app)))
	return r.Apply(ctx, p.Steps)
}

// State reads the state file.
func (d *Deployer) State() (State, error) { return ReadState(d.StateFile) }

// state reads the state file, and checks that it is of this account and region.
func (d *Deployer) state() (State, error) {
	s, err := ReadState(d.StateFile)
	if err != nil {
		return s, err
	}
	if len(s.Resources) == 0 {
		return s, nil // it may be deployed anywhere
	}
	here := d.Cloud.Account
	if s.AccountID != "" && s.AccountID != here.ID {
		return s, fmt.Errorf("this stage is deployed in account %s, and the credentials belong to "+
			"account %s; "+
			"use other credentials (--profile), or another stage", s.AccountID, here.ID)
	}
	if s.Region != "" && s.Region != here.Region {
		return s, fmt.Errorf("this stage is deployed in region %s, and the region is %s; give "+
			"--region %s, "+
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
