package deploy

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// integrationTimeout is how many seconds API Gateway waits for a function, at most.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const integrationTimeout = 29

// function plans a function.
func (b *planner) function(fn Function) {
	name := b.app.FunctionName(fn.LogicalName)
	if fn.Bundle == nil {
		b.conflict("function %s has no code", name)
		return
	}
	if fn.Timeout > integrationTimeout {
		b.warn("function %s may run for %d seconds (lambda_timeout), and API Gateway waits for %d: "+
			"after that the client is told of a timeout while the function goes on",
			name, fn.Timeout, integrationTimeout)
	}
	res := Resource{Name: fn.LogicalName, Type: TypeFunction, FunctionName: name}
	have, ok := b.found.functions[name]
	if ok && !b.owned(TypeFunction, res.Name, name, have.tags) {
		return
	}
	if ok && have.failed() {
		gone := res
		gone.FunctionARN = have.arn
		b.add(functionRecord().delete(gone))
	}
	if !ok || have.failed() {
		b.add(Step{
			Action: Create, Type: TypeFunction, Name: name, resource: res,
			line: "Creating lambda function: " + name,
			do: func(ctx context.Context, r *run, res *Resource) error {
				return r.createFunction(ctx, fn, res)
			},
		})
		return
	}
	res.FunctionARN = have.arn
	diff := b.functionDiff(fn, have)
	b.update(TypeFunction, name, "Updating lambda function: "+name, diff.all(), res,
		func(ctx context.Context, r *run, _ *Resource) error {
			return r.updateFunction(ctx, fn, have, diff)
		})
}

// liveFunction returns the function of that name, if there is one and it is not to be made again.
func (b *planner) liveFunction(name string) (foundFunction, bool) {
	have, ok := b.found.functions[name]
	return have, ok && !have.failed()
}

// deleteFunction deletes a function. One that may have been made by us, or by somebody else, goes
// only if it has the tag.
func (r *run) deleteFunction(ctx context.Context, res *Resource) error {
	if res.Pending {
		have, err := r.getFunction(ctx, res.FunctionName)
		if err != nil || have == nil || have.tags[spec.TagKey] != r.app.Tag() {
			return err
		}
	}
	return r.whenIdle(ctx, res.FunctionName, func() error {
		_, err := r.lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{
			FunctionName: &res.FunctionName,
		})
		if isNoFunction(err) {
			return nil
		}
		return err
	})
}

// isNoFunction reports whether Lambda does not know what it was asked for: a function, its policy
// or a statement in that.
func isNoFunction(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}

func functionRecord() record {
	return record{name: TypeFunction, delete: func(res Resource) Step {
		return deletion(res, res.FunctionName, "function", res.FunctionARN, (*run).deleteFunction)
	}}
}

// staleFunctions plans the deletion of permissions and functions that are not needed any more.
func (b *planner) staleFunctions() {
	b.stalePermissions()
	b.staleRecords(functionRecord(), func(res Resource) bool { return b.app.HasFunction(res.Name) })
}
