package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundRole is a role that there is.
type foundRole struct {
	logical string
	arn     string
	trust   string // a document
	policy  string // the inline policy with the role's name; empty if there is none
	tags    map[string]string
}

// findRoles looks for the roles that the application wants, by name. IAM's answers have documents in the
// encoding of URLs (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html).
func (c *Cloud) findRoles(ctx context.Context, app Application, _ State, f *Found) error {
	f.roles = make(map[string]foundRole)
	for _, fn := range app.Functions {
		name := app.RoleName(fn.Role.LogicalName)
		if _, seen := f.roles[name]; seen || fn.Role.ARN != "" {
			continue
		}
		out, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if isNoSuchEntity(err) {
			continue
		}
		if err != nil {
			return err
		}
		role := foundRole{
			logical: fn.Role.LogicalName, arn: aws.ToString(out.Role.Arn),
			trust: unescape(out.Role.AssumeRolePolicyDocument), tags: make(map[string]string),
		}
		for _, tag := range out.Role.Tags {
			role.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		policy, err := c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &name})
		if err != nil && !isNoSuchEntity(err) {
			return err
		}
		if err == nil {
			role.policy = unescape(policy.PolicyDocument)
		}
		f.roles[name] = role
	}
	return nil
}

// role plans the role of a function, once.
func (b *planner) role(fn Function) {
	name := b.app.RoleName(fn.Role.LogicalName)
	if fn.Role.ARN != "" || b.has(TypeRole, name) {
		return
	}
	res := Resource{Name: fn.Role.LogicalName, Type: TypeRole, RoleName: name}
	have, ok := b.found.roles[name]
	if !ok {
		b.add(Step{
			Action: Create, Type: TypeRole, Name: name, resource: res,
			line: "Creating IAM role: " + name,
			do: func(ctx context.Context, r *run, res *Resource) error {
				return r.createRole(ctx, fn.Role, res)
			},
		})
		return
	}
	if !b.ownedBy(TypeRole, res.Name, name, have.tags, b.app.RoleTag(b.found.Account.Region)) {
		return
	}
	res.RoleARN = have.arn
	var diff changes
	if want := b.policyOf(fn.Role); !samePolicy(want, have.policy) {
		diff.compare("policy", have.policy, want)
	}
	if !samePolicy(spec.TrustPolicy(), have.trust) {
		diff.compare("trust policy", have.trust, spec.TrustPolicy())
	}
	diff.tags(have.tags, b.app.RoleTags(b.found.Account))
	b.update(TypeRole, name, "Updating policy for IAM role: "+name, diff, res,
		func(ctx context.Context, r *run, _ *Resource) error {
			return r.updateRole(ctx, name, fn.Role, have)
		})
}

// policyOf returns the policy of a role as far as it is known before the API has an id.
func (b *planner) policyOf(role Role) string {
	id := "(not known yet)"
	if b.found.api != nil {
		id = b.found.api.id
	}
	return rolePolicy(b.app, b.found.Account, id, role)
}

func rolePolicy(app Application, account Account, apiID string, role Role) string {
	if role.Policy != nil {
		return string(role.Policy)
	}
	return spec.Document(GeneratedPolicy(app, account, apiID))
}

func (r *run) createRole(ctx context.Context, role Role, res *Resource) error {
	var made *types.Role
	out, err := r.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &res.RoleName, AssumeRolePolicyDocument: aws.String(spec.TrustPolicy()),
		Tags: iamTags(r.app.RoleTags(r.account)),
	})
	if _, exists := errors.AsType[*types.EntityAlreadyExistsException](err); exists {
		made, err = r.roleMadeByUs(ctx, res.RoleName, err)
	} else if err == nil {
		made = out.Role
	}
	if err != nil {
		return err
	}
	res.RoleARN = aws.ToString(made.Arn)
	r.ids.roles[role.LogicalName] = res.RoleARN
	// IAM may not know everywhere yet what it has just made.
	return r.again(ctx, "wait for IAM role "+res.RoleName, roleLimit,
		func() error { return r.putPolicy(ctx, res.RoleName, role) }, isNoSuchEntity)
}

// roleMadeByUs returns a role that is there already, if it has our tag: then the first answer to our
// call was lost. Otherwise the error stands.
func (r *run) roleMadeByUs(ctx context.Context, name string, exists error) (*types.Role, error) {
	out, err := r.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	if !r.ownsRole(out.Role) {
		return nil, exists
	}
	return out.Role, nil
}

func (r *run) ownsRole(role *types.Role) bool {
	return slices.ContainsFunc(role.Tags, func(t types.Tag) bool {
		return aws.ToString(t.Key) == spec.TagKey && aws.ToString(t.Value) == r.app.RoleTag(r.account.Region)
	})
}

func (r *run) updateRole(ctx context.Context, name string, role Role, have foundRole) error {
	if !samePolicy(spec.TrustPolicy(), have.trust) {
		_, err := r.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
			RoleName: &name, PolicyDocument: aws.String(spec.TrustPolicy()),
		})
		if err != nil {
			return err
		}
	}
	set, unset := tagChanges(have.tags, r.app.RoleTags(r.account))
	if len(unset) > 0 {
		_, err := r.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &name, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) > 0 {
		_, err := r.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &name, Tags: iamTags(set)})
		if err != nil {
			return err
		}
	}
	return r.putPolicy(ctx, name, role)
}

func (r *run) putPolicy(ctx context.Context, name string, role Role) error {
	_, err := r.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: &name,
		PolicyDocument: aws.String(rolePolicy(r.app, r.account, r.ids.api, role)),
	})
	return err
}

// deleteRole deletes a role and its policies. One that may have been made by us, or by somebody else,
// goes only if it has the tag.
func (r *run) deleteRole(ctx context.Context, res *Resource) error {
	name := &res.RoleName
	out, err := r.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if isNoSuchEntity(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if res.Pending && !r.ownsRole(out.Role) {
		return nil
	}
	if err := r.stripRole(ctx, name); err != nil {
		return err
	}
	_, err = r.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	if isNoSuchEntity(err) {
		return nil
	}
	return err
}

// stripRole takes all policies off a role, which cannot be deleted with any.
func (r *run) stripRole(ctx context.Context, name *string) error {
	inline := iam.NewListRolePoliciesPaginator(r.iam, &iam.ListRolePoliciesInput{RoleName: name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.PolicyNames {
			_, err := r.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: &policy})
			if err != nil && !isNoSuchEntity(err) {
				return fmt.Errorf("delete policy %s: %w", policy, err)
			}
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(r.iam,
		&iam.ListAttachedRolePoliciesInput{RoleName: name})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.AttachedPolicies {
			_, err := r.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
				RoleName: name, PolicyArn: policy.PolicyArn,
			})
			if err != nil && !isNoSuchEntity(err) {
				return fmt.Errorf("detach policy %s: %w", aws.ToString(policy.PolicyArn), err)
			}
		}
	}
	return nil
}

func isNoSuchEntity(err error) bool {
	_, ok := errors.AsType[*types.NoSuchEntityException](err)
	return ok
}

func iamTags(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: &key, Value: aws.String(tags[key])})
	}
	return list
}

func unescape(text *string) string {
	plain, err := url.QueryUnescape(aws.ToString(text))
	if err != nil {
		return aws.ToString(text)
	}
	return plain
}

func roleRecord() record {
	return record{name: TypeRole, delete: func(res Resource) Step {
		return deletion(res, res.RoleName, "IAM role", "", (*run).deleteRole)
	}}
}

// staleRoles plans the deletion of roles that no function has any more.
func (b *planner) staleRoles() {
	b.staleRecords(roleRecord(), func(res Resource) bool {
		return slices.ContainsFunc(b.app.Functions, func(fn Function) bool {
			return fn.Role.ARN == "" && fn.Role.LogicalName == res.Name
		})
	})
}
