package role

import (
	"cmp"
	"context"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// role plans the role of a function, unless an earlier function shares it.
func (p *planner) role(fn spec.Function) {
	name := p.App.RoleName(fn.Role.LogicalName)
	if fn.Role.ARN != "" || !p.isFirst(fn) {
		return
	}
	res := plan.Resource{Name: fn.Role.LogicalName, Type: plan.TypeRole, RoleName: name}
	have, ok := p.found[name]
	if !ok {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeRole, Name: name, Resource: res,
			Line: "Creating IAM role: " + name,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).create(ctx, fn.Role, res)
			},
		})
		return
	}
	if !p.OwnedBy(plan.TypeRole, res.Name, name, have.tags, p.App.RoleTag(p.Account.Region)) {
		return
	}
	if path := p.App.RolePath; path != "" && path != have.path {
		p.Conflict("IAM role %s has the path %s, and role_path is %s: IAM cannot move a role; deploy "+
			"under another app_name or --stage, or tyg delete first", name, have.path, path)
		return
	}
	res.RoleARN = have.arn
	var diff plan.Changes
	if want := p.policyOf(fn.Role); !samePolicy(want, have.policy) {
		diff.Compare("policy", have.policy, want)
	}
	if !samePolicy(spec.TrustPolicy(), have.trust) {
		diff.Compare("trust policy", have.trust, spec.TrustPolicy())
	}
	if want := p.App.PermissionsBoundary; want != "" {
		diff.Compare("permissions boundary", have.boundary, boundaryARN(want))
	}
	diff.Tags(have.tags, p.App.RoleTags(p.Account))
	p.Update(plan.TypeRole, name, "Updating policy for IAM role: "+name, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).update(ctx, name, fn.Role, have)
		})
}

// isFirst reports whether a function is the first one with its role.
func (p *planner) isFirst(fn spec.Function) bool {
	first := slices.IndexFunc(p.App.Functions, func(other spec.Function) bool {
		return other.Role.ARN == "" && other.Role.LogicalName == fn.Role.LogicalName
	})
	return first >= 0 && p.App.Functions[first].LogicalName == fn.LogicalName
}

// boundaryARN returns the ARN in a permissions_boundary, "" for none.
func boundaryARN(configured string) string {
	if configured == spec.NoBoundary {
		return ""
	}
	return configured
}

// policyOf returns the policy of a role, with a placeholder if the API has no id yet.
func (p *planner) policyOf(role spec.Role) string {
	id := cmp.Or(p.Known.API, "(not known yet)")
	return policyText(p.App, p.Account, id, role)
}

func policyText(app spec.Application, account spec.Account, apiID string, role spec.Role) string {
	if role.Policy != nil {
		return string(role.Policy)
	}
	return spec.Document(spec.RolePolicy(app, account, apiID, role))
}

// staleRoles plans the deletion of roles that no function uses.
func (p *planner) staleRoles() {
	p.DeleteStale(p.client.resourceType(), func(res plan.Resource) bool {
		if function, own := spec.FunctionOfRole(res.Name); own && p.Leaves(function) {
			return true
		}
		if res.Name == spec.DefaultRole && p.leavesDefault() {
			return true
		}
		return slices.ContainsFunc(p.App.Functions, func(fn spec.Function) bool {
			return fn.Role.ARN == "" && fn.Role.LogicalName == res.Name
		})
	})
}

// leavesDefault reports whether a function stays for a while that may have the shared role.
func (p *planner) leavesDefault() bool {
	return slices.ContainsFunc(p.App.LogicalNames(), p.Leaves)
}
