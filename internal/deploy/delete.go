package deploy

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// Delete takes away all that the state file knows, the API first and each role after its functions.
// What is gone already is fine. Tables stay, unless tables is true; those that were there before the
// application stay in any case. It returns the names of the tables that it has left.
//
// It needs nothing but the state file and the application's Name and Stage, for the tag.
func (d *Deployer) Delete(ctx context.Context, app Application, tables bool) (left []string, err error) {
	state, err := d.state()
	if err != nil {
		return nil, err
	}
	r := d.run(app, state)
	if err := r.Apply(ctx, deletions(d.Cloud.kinds, state, tables)); err != nil {
		return nil, err
	}
	for _, t := range r.State.Of(TypeTable) {
		left = append(left, t.TableName)
	}
	return left, nil
}

// DeletionSteps are the steps that [Deployer.Delete] does, to be shown. They need no account.
func DeletionSteps(state State, tables bool) []Step {
	return deletions(kinds(aws.Config{}), state, tables)
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
