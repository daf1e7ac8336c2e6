package deploy

import (
	"context"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A Deletion has the steps that delete a stage.
type Deletion struct {
	Steps []Step
	State State // before it

	app Application
}

// PlanDeletion returns the steps that delete all resources in the state, and all that AWS has by
// the name and tag of the application: the API first, and each role after its functions. Tables
// stay, unless tables is true; those that existed before the application always stay.
//
// Of the application it needs Name and Stage, and the Tables, the Triggers and the custom domain
// name that the state may not have.
func (d *Deployer) PlanDeletion(
	ctx context.Context, app Application, tables bool,
) (Deletion, error) {
	state, err := d.state(ctx)
	if err != nil {
		return Deletion{}, err
	}
	if state, err = d.complete(ctx, app, state); err != nil {
		return Deletion{}, err
	}
	return Deletion{deletions(d.Cloud.kinds, state, tables), state, app}, nil
}

// Delete carries a deletion out. Resources that do not exist any more are no error. It returns the
// state after it, which has the tables that stay.
func (d *Deployer) Delete(ctx context.Context, p Deletion) (State, error) {
	r := d.run(p.app, p.State)
	if len(p.Steps) == 0 {
		return r.State, nil
	}
	// What was found by what is about to be deleted would not be found again.
	if err := r.Save(ctx); err != nil {
		return r.State, err
	}
	err := r.Apply(ctx, p.Steps)
	return r.State, err
}

func deletions(kinds []plan.Kind, state State, tables bool) []Step {
	var steps []Step
	for _, k := range slices.Backward(kinds) {
		for _, t := range k.Types {
			for _, res := range slices.Backward(state.Of(t.Name)) {
				if t.Data && (!tables || res.Adopted) {
					continue
				}
				steps = append(steps, t.Delete(res))
			}
		}
	}
	return steps
}
