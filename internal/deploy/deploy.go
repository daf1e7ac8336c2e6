package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/table"
)

// A Deployer deploys one stage of one application. Its methods must not be called concurrently.
type Deployer struct {
	Cloud *Cloud
	Store Store

	// Progress is called with a line before each step that takes a while. It may be nil.
	Progress func(line string)
}

// Lock keeps other deploys of the stage away until release is called. If one is under way, the
// error says so.
func (d *Deployer) Lock(ctx context.Context) (release func() error, err error) {
	return d.Store.Lock(ctx)
}

// Plan compares an application with what is on AWS. It changes nothing.
func (d *Deployer) Plan(ctx context.Context, app Application) (Plan, error) {
	if err := Check(app); err != nil {
		return Plan{}, err
	}
	state, err := d.Find(ctx, app)
	if err != nil {
		return Plan{}, err
	}
	app = app.At(d.Cloud.Account)
	if app, err = table.Streams(ctx, d.Cloud.config, app); err != nil {
		return Plan{}, fmt.Errorf("look up existing resources: %w",
			awserr.Explain(err, d.Cloud.Account))
	}
	app, err = d.Cloud.resolve(ctx, app)
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
// has all that it has created, and the next Plan continues from there.
func (d *Deployer) Apply(ctx context.Context, p Plan) error {
	r := d.run(p.app, p.state)
	r.IDs = p.found.ids()
	r.State.Region, r.State.AccountID = d.Cloud.Account.Region, d.Cloud.Account.ID
	r.State.Application = p.app.Tag()
	r.State.TagKeys = slices.Sorted(maps.Keys(p.state.AllTagKeys(p.app)))
	return r.Apply(ctx, p.Steps)
}

// State reads the state.
func (d *Deployer) State(ctx context.Context) (State, error) { return ReadState(ctx, d.Store) }

// Find returns the state. If it is empty, as in a fresh checkout, Find asks AWS what there is by
// name and tag. It needs the application's Name and Stage, and finds the Tables, the
// Triggers and the custom domain name that the application has.
func (d *Deployer) Find(ctx context.Context, app Application) (State, error) {
	state, err := d.state(ctx)
	if err != nil || len(state.Resources) > 0 {
		return state, err
	}
	return d.complete(ctx, app, state)
}

// complete adds to a state what AWS has by name and tag.
func (d *Deployer) complete(ctx context.Context, app Application, state State) (State, error) {
	app, err := table.ExistingStreams(ctx, d.Cloud.config, app.At(d.Cloud.Account))
	if err != nil {
		return state, fmt.Errorf("look up existing resources: %w",
			awserr.Explain(err, d.Cloud.Account))
	}
	for _, k := range d.Cloud.kinds {
		if k.Discover == nil {
			continue
		}
		found, err := k.Discover(ctx, app)
		if err != nil {
			return state, fmt.Errorf("look up existing resources: %w",
				awserr.Explain(err, d.Cloud.Account))
		}
		for i := range found {
			if id := found[i].APIID; id != "" {
				found[i].APIURL = d.Cloud.Account.URL(id, app.API.Stage)
			}
		}
		state.Complete(found)
	}
	for _, k := range d.Cloud.kinds {
		if k.Attached == nil {
			continue
		}
		found, err := k.Attached(ctx, app, state)
		if err != nil {
			return state, fmt.Errorf("look up existing resources: %w",
				awserr.Explain(err, d.Cloud.Account))
		}
		state.Complete(found)
	}
	if len(state.Resources) > 0 {
		state.Region, state.AccountID = d.Cloud.Account.Region, d.Cloud.Account.ID
	}
	return state, nil
}

// state reads the state, and checks that it is of this account and region.
func (d *Deployer) state(ctx context.Context) (State, error) {
	s, err := d.State(ctx)
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
		Waiter: d.Cloud.waiter, App: app, Account: d.Cloud.Account, State: state, Store: d.Store,
		Progress: d.Progress,
	}
	r.Say = d.Progress
	if r.Progress == nil {
		r.Progress = func(string) {}
	}
	return r
}
