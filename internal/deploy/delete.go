package deploy

import (
	"cmp"
	"context"
	"slices"
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
	r := d.run(state)
	r.app = app
	steps := DeletionSteps(state, tables)
	if err := r.apply(ctx, steps); err != nil {
		return nil, err
	}
	for _, t := range r.state.Of(TypeTable) {
		left = append(left, t.TableName)
	}
	return left, nil
}

// DeletionSteps are the steps that [Deployer.Delete] does. They call nothing.
func DeletionSteps(state State, tables bool) []Step {
	var steps []Step
	for _, k := range slices.Backward(kinds()) {
		for _, record := range k.records {
			for _, res := range slices.Backward(state.Of(record.name)) {
				if record.data && (!tables || res.Adopted) {
					continue
				}
				steps = append(steps, record.delete(res))
			}
		}
	}
	return steps
}

// deletion returns the step that deletes a recorded resource. The line that it prints has the id of the
// resource, or its name if the id is not recorded.
func deletion(
	res Resource, name, what, id string, do func(*run, context.Context, *Resource) error,
) Step {
	return Step{
		Action: Delete, Type: res.Type, Name: name, resource: res,
		line: "Deleting " + what + ": " + cmp.Or(id, name),
		do:   func(ctx context.Context, r *run, res *Resource) error { return do(r, ctx, res) },
	}
}

// staleRecords plans the deletion of the resources of one type that the state file has and the
// application does not need.
func (b *planner) staleRecords(record record, needed func(Resource) bool) {
	for _, res := range b.state.Of(record.name) {
		if !needed(res) {
			b.add(record.delete(res))
		}
	}
}
