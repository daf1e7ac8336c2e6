package deploy

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// Delete deletes all resources in the state file, the API first and each role after its functions.
// Resources that do not exist any more are no error. Tables stay, unless tables is true; those that
// existed before the application always stay. It returns the names of the tables that stay.
//
// Of the application it needs Name and Stage only, for the tag.
func (d *Deployer) Delete(
	ctx context.Context, app Application, tables bool,
) (left []string, err error) {
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

// DeletionSteps returns the steps of [Deployer.Delete], to be shown before they are done. It needs
// no account.
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
