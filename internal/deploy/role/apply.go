package role

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func (r run) create(ctx context.Context, role spec.Role, res *plan.Resource) error {
	var made *types.Role
	out, err := r.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &res.RoleName, AssumeRolePolicyDocument: aws.String(spec.TrustPolicy()),
		Tags: iamTags(r.App.RoleTags(r.Account)), Path: stringOrNil(r.App.RolePath),
		PermissionsBoundary: stringOrNil(boundaryARN(r.App.PermissionsBoundary)),
	})
	if _, exists := errors.AsType[*types.EntityAlreadyExistsException](err); exists {
		made, err = r.madeByUs(ctx, res.RoleName, err)
	} else if err == nil {
		made = out.Role
	}
	if err != nil {
		return err
	}
	res.RoleARN = aws.ToString(made.Arn)
	r.IDs.Roles[role.LogicalName] = res.RoleARN
	// A new role is not known everywhere in IAM at once.
	return r.RetryWhile(ctx, "IAM role "+res.RoleName, plan.IAMDelay,
		func() error { return r.putPolicy(ctx, res.RoleName, role) }, isNoSuchEntity)
}

// madeByUs returns the existing role if it has our tag: then the answer to an earlier call was
// lost. Otherwise it returns exists.
func (r run) madeByUs(ctx context.Context, name string, exists error) (*types.Role, error) {
	out, err := r.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	if !r.ownsRole(out.Role) {
		return nil, exists
	}
	return out.Role, nil
}

func (r run) ownsRole(role *types.Role) bool {
	return hasTag(role, r.App.RoleTag(r.Account.Region))
}

// hasTag reports whether [spec.TagKey] of a role has a value.
func hasTag(role *types.Role, value string) bool {
	return slices.ContainsFunc(role.Tags, func(t types.Tag) bool {
		return aws.ToString(t.Key) == spec.TagKey && aws.ToString(t.Value) == value
	})
}

func (r run) update(ctx context.Context, name string, role spec.Role, have foundRole) error {
	if !samePolicy(spec.TrustPolicy(), have.trust) {
		_, err := r.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
			RoleName: &name, PolicyDocument: aws.String(spec.TrustPolicy()),
		})
		if err != nil {
			return err
		}
	}
	if err := r.bound(ctx, name, have.boundary); err != nil {
		return err
	}
	set, unset := plan.TagChanges(have.tags, r.App.RoleTags(r.Account))
	if len(unset) > 0 {
		_, err := r.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &name, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) > 0 {
		_, err := r.TagRole(ctx, &iam.TagRoleInput{RoleName: &name, Tags: iamTags(set)})
		if err != nil {
			return err
		}
	}
	return r.putPolicy(ctx, name, role)
}

// bound sets or removes the permissions boundary of a role, if the application says anything of it.
func (r run) bound(ctx context.Context, name, have string) error {
	configured := r.App.PermissionsBoundary
	want := boundaryARN(configured)
	if configured == "" || want == have {
		return nil
	}
	if want == "" {
		_, err := r.DeleteRolePermissionsBoundary(ctx,
			&iam.DeleteRolePermissionsBoundaryInput{RoleName: &name})
		return err
	}
	_, err := r.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{
		RoleName: &name, PermissionsBoundary: &want,
	})
	return err
}

// stringOrNil returns nil for the empty string.
func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r run) putPolicy(ctx context.Context, name string, role spec.Role) error {
	_, err := r.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: &name,
		PolicyDocument: aws.String(policyText(r.App, r.Account, r.IDs.API, role)),
	})
	return err
}

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeRole, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.RoleName, "IAM role", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).delete(ctx, res)
			})
	}}
}

// delete deletes a role and its policies. A pending one, which this application may not have
// created, is deleted only if it has the tag.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	name := &res.RoleName
	out, err := r.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if isNoSuchEntity(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if res.Pending && !r.ownsRole(out.Role) {
		return nil
	}
	if err := r.deletePolicies(ctx, name); err != nil {
		return err
	}
	_, err = r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	if isNoSuchEntity(err) {
		return nil
	}
	return err
}

// deletePolicies deletes and detaches all policies of a role. AWS refuses to delete a role that has
// any.
func (r run) deletePolicies(ctx context.Context, name *string) error {
	inline := iam.NewListRolePoliciesPaginator(r.client.Client,
		&iam.ListRolePoliciesInput{RoleName: name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.PolicyNames {
			_, err := r.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
				RoleName:   name,
				PolicyName: &policy,
			})
			if err != nil && !isNoSuchEntity(err) {
				return fmt.Errorf("delete policy %s: %w", policy, err)
			}
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(r.client.Client,
		&iam.ListAttachedRolePoliciesInput{RoleName: name})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.AttachedPolicies {
			_, err := r.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
				RoleName: name, PolicyArn: policy.PolicyArn,
			})
			if err != nil && !isNoSuchEntity(err) {
				return fmt.Errorf("detach policy %s: %w", aws.ToString(policy.PolicyArn), err)
			}
		}
	}
	return nil
}

func iamTags(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: &key, Value: aws.String(tags[key])})
	}
	return list
}
