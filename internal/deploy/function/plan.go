package function

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// integrationTimeout is how long API Gateway waits for a function, in seconds.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const integrationTimeout = 29

// function plans a function.
func (p *planner) function(fn spec.Function) {
	name := p.App.FunctionName(fn.LogicalName)
	if fn.Bundle == nil {
		p.Conflict("function %s has no code", name)
		return
	}
	if fn.Timeout > integrationTimeout && p.App.Calls(fn.LogicalName) {
		p.Warn("function %s may run for %d seconds (lambda_timeout), and API Gateway waits for %d: "+
			"after that the client gets a timeout error while the function continues",
			name, fn.Timeout, integrationTimeout)
	}
	res := plan.Resource{
		Name: fn.LogicalName, Type: plan.TypeFunction, FunctionName: name, Alias: p.App.Qualifier(),
	}
	fn.Release = p.release()
	have, ok := p.found[name]
	p.warnVPC(fn, have)
	if ok && !p.Owned(plan.TypeFunction, res.Name, name, have.tags) {
		return
	}
	if ok && have.failed() {
		gone := res
		gone.FunctionARN = have.arn
		p.Add(p.client.resourceType().Delete(gone))
	}
	if !ok || have.failed() {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeFunction, Name: name, Resource: res,
			Line: "Creating lambda function: " + name,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).create(ctx, fn, res)
			},
		})
		return
	}
	res.FunctionARN = have.arn
	diff := p.diff(fn, have)
	p.Update(plan.TypeFunction, name, "Updating lambda function: "+name, diff.all(), res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).update(ctx, fn, have, diff)
		})
}

// liveFunction returns an existing function, unless it must be created again.
func (p *planner) liveFunction(name string) (foundFunction, bool) {
	have, ok := p.found[name]
	return have, ok && !have.failed()
}

// staleFunctions plans the deletion of permissions and functions that are no longer needed.
func (p *planner) staleFunctions() {
	p.stalePermissions()
	p.staleVersions()
	p.DeleteStale(p.client.resourceType(), func(res plan.Resource) bool {
		if p.Leaves(res.Name) {
			p.Warn("function %s is called by no route any more; it stays for calls under way, and the "+
				"next deploy deletes it", res.FunctionName)
			return true
		}
		return p.App.HasFunction(res.Name)
	})
}

// warnVPC warns of what a function loses that enters a VPC. No endpoint of a VPC leads to
// @connections, since WebSocket APIs are never private.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html,
// https://repost.aws/knowledge-center/api-gateway-vpc-connections)
func (p *planner) warnVPC(fn spec.Function, have foundFunction) {
	if len(fn.SubnetIDs) == 0 || len(have.subnets) > 0 {
		return
	}
	p.Warn("function %s enters a VPC (subnet_ids), in which it has no way to the Internet: sends, "+
		"which use @connections, need a NAT gateway, and DynamoDB that or a gateway endpoint; see "+
		"docs/aws-vpc.md", p.App.FunctionName(fn.LogicalName))
}
