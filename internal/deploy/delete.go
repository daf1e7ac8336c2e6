package deploy

import (
	"context"
	"fmt"
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

// DeletionSteps are the steps that [Deployer.Delete] does. They ask nobody.
func DeletionSteps(state State, tables bool) []Step {
	var steps []Step
	for _, kind := range []string{TypeDomain, TypeAPI, TypeFunction, TypeLogGroup, TypeRole, TypeTable} {
		for _, res := range slices.Backward(state.Of(kind)) {
			if kind == TypeTable && (!tables || res.Adopted) {
				continue
			}
			steps = append(steps, deletion(res))
		}
	}
	return steps
}

// deletion returns the step that deletes a recorded resource.
func deletion(res Resource) Step {
	s := Step{Action: Delete, Type: res.Type, resource: res}
	by := func(do func(*run, context.Context, *Resource) error) {
		s.do = func(ctx context.Context, r *run, res *Resource) error { return do(r, ctx, res) }
	}
	switch res.Type {
	case TypeDomain:
		s.Name, s.line = res.DomainName, "Deleting custom domain name: "+res.DomainName
		by((*run).deleteDomain)
	case TypeAPI:
		s.Name, s.line = res.APIName, "Deleting Websocket API: "+named(res.APIID, res.APIName)
		by((*run).deleteAPI)
	case TypeFunction:
		s.Name, s.line = res.FunctionName, "Deleting function: "+named(res.FunctionARN, res.FunctionName)
		by((*run).deleteFunction)
	case TypeLogGroup:
		s.Name, s.line = res.LogGroupName, "Deleting log group: "+res.LogGroupName
		by((*run).deleteLogGroup)
	case TypeRole:
		s.Name, s.line = res.RoleName, "Deleting IAM role: "+res.RoleName
		by((*run).deleteRole)
	case TypeTable:
		s.Name, s.line = res.TableName, "Deleting table: "+res.TableName
		by((*run).deleteTable)
	default:
		s.do = func(context.Context, *run, *Resource) error {
			return fmt.Errorf("the state file has a resource of type %q, which this tyg does not know; "+
				"delete it by hand and take it out of the file", res.Type)
		}
	}
	return s
}

func named(id, name string) string {
	if id == "" {
		return name
	}
	return id
}

// leftovers plans the end of what was needed once and is not any more. It comes last: until the new
// routes are live, clients still use it.
func (b *planner) leftovers() {
	b.staleMappings()
	b.staleAPIs()
	b.staleStages()
	b.staleDeployments()
	b.staleAuthorizers()
	b.staleIntegrations()
	b.stalePermissions()
	type key struct{ kind, name string }
	wanted := make(map[key]bool)
	for _, fn := range b.app.Functions {
		wanted[key{TypeFunction, fn.LogicalName}] = true
		wanted[key{TypeLogGroup, fn.LogicalName + "-log-group"}] = true
		if fn.Role.ARN == "" {
			wanted[key{TypeRole, fn.Role.LogicalName}] = true
		}
	}
	for _, kind := range []string{TypeFunction, TypeLogGroup, TypeRole} {
		for _, res := range b.state.Of(kind) {
			if !wanted[key{kind, res.Name}] {
				b.add(deletion(res))
			}
		}
	}
	b.staleTables()
}
