package logs

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundGroup is the log group of a function.
type foundGroup struct {
	arn       string // without the ":*" at its end
	retention int    // days; 0 is for ever
	key       string // ARN of the key that encrypts it; empty: none of the account's
	tags      map[string]string
}

// findGroups looks for the log groups of all functions. AWS returns all groups whose names begin
// with the one that is asked for.
func (c client) findGroups(
	ctx context.Context, app spec.Application,
) (map[string]foundGroup, error) {
	groups := make(map[string]foundGroup)
	for _, fn := range app.Functions {
		name := app.LogGroupName(fn.LogicalName)
		group, err := c.describe(ctx, name)
		if err != nil {
			return nil, err
		}
		if group != nil {
			groups[name] = *group
		}
	}
	return groups, nil
}

func (c client) describe(ctx context.Context, name string) (*foundGroup, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.Client,
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.LogGroups {
			if aws.ToString(g.LogGroupName) != name {
				continue
			}
			have := &foundGroup{
				arn: aws.ToString(g.LogGroupArn), retention: int(aws.ToInt32(g.RetentionInDays)),
				key: aws.ToString(g.KmsKeyId),
			}
			have.tags, err = c.tags(ctx, have.arn)
			return have, err
		}
	}
	return nil, nil
}

func (c client) tags(ctx context.Context, arn string) (map[string]string, error) {
	out, err := c.ListTagsForResource(ctx,
		&cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return nil, err
	}
	return out.Tags, nil
}

// group plans the log group of a function. It is created before the function: Lambda would create
// one that is kept for ever, and the function would need the permission for it. As Lambda creates
// groups without tags, any group of the name belongs to the application.
func (p *planner) group(fn spec.Function) {
	name := p.App.LogGroupName(fn.LogicalName)
	res := plan.Resource{
		Name: fn.LogicalName + groupSuffix, Type: plan.TypeLogGroup,
		LogGroupName: name,
	}
	have, ok := p.found[name]
	if !ok {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeLogGroup, Name: name, Resource: res,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).create(ctx, name, fn)
			},
		})
		return
	}
	var diff plan.Changes
	if fn.LogRetention != nil {
		diff.Compare("retention", days(have.retention), days(*fn.LogRetention))
	}
	if fn.LogKMSKey != "" {
		diff.Compare("KMS key", have.key, keyOf(fn))
	}
	diff.Tags(have.tags, p.App.ResourceTags(fn.Tags))
	p.Update(plan.TypeLogGroup, name, "", diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).update(ctx, name, have, fn)
		})
}

func (r run) create(ctx context.Context, name string, fn spec.Function) error {
	_, err := r.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: &name, Tags: r.App.ResourceTags(fn.Tags), KmsKeyId: keyOrNil(fn),
	})
	_, exists := errors.AsType[*types.ResourceAlreadyExistsException](err)
	if err != nil && !exists {
		return err
	}
	if exists {
		have, err := r.describe(ctx, name)
		if err == nil && have != nil {
			err = r.encrypt(ctx, name, have.key, fn)
		}
		if err != nil {
			return err
		}
	}
	if fn.LogRetention == nil || *fn.LogRetention == 0 && !exists {
		return nil
	}
	return r.retain(ctx, name, *fn.LogRetention)
}

func (r run) update(
	ctx context.Context, name string, have foundGroup, fn spec.Function,
) error {
	set, unset := plan.TagChanges(have.tags, r.App.ResourceTags(fn.Tags))
	if len(unset) > 0 {
		_, err := r.UntagResource(ctx,
			&cloudwatchlogs.UntagResourceInput{ResourceArn: &have.arn, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) > 0 {
		_, err := r.TagResource(ctx,
			&cloudwatchlogs.TagResourceInput{ResourceArn: &have.arn, Tags: set})
		if err != nil {
			return err
		}
	}
	if err := r.encrypt(ctx, name, have.key, fn); err != nil {
		return err
	}
	if fn.LogRetention == nil || have.retention == *fn.LogRetention {
		return nil
	}
	return r.retain(ctx, name, *fn.LogRetention)
}

// keyOf returns the key that a log group should have, "" for none.
func keyOf(fn spec.Function) string {
	if fn.LogKMSKey == spec.NoKey {
		return ""
	}
	return fn.LogKMSKey
}

func keyOrNil(fn spec.Function) *string {
	if key := keyOf(fn); key != "" {
		return &key
	}
	return nil
}

// encrypt changes the key of a log group that has another one. What was logged keeps the old key.
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)
func (r run) encrypt(ctx context.Context, name, have string, fn spec.Function) error {
	key := keyOf(fn)
	if fn.LogKMSKey == "" || key == have {
		return nil
	}
	if key == "" {
		_, err := r.DisassociateKmsKey(ctx,
			&cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: &name})
		return err
	}
	_, err := r.AssociateKmsKey(ctx,
		&cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: &name, KmsKeyId: &key})
	return err
}

func (r run) retain(ctx context.Context, name string, retention int) error {
	if retention == 0 {
		_, err := r.DeleteRetentionPolicy(ctx,
			&cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &name})
		return err
	}
	_, err := r.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: &name, RetentionInDays: aws.Int32(int32(retention)),
	})
	return err
}

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeLogGroup, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.LogGroupName, "log group", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).delete(ctx, res)
			})
	}}
}

func (r run) delete(ctx context.Context, res *plan.Resource) error {
	_, err := r.DeleteLogGroup(ctx,
		&cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &res.LogGroupName})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); gone {
		return nil
	}
	return err
}

func days(n int) string {
	if n == 0 {
		return "for ever"
	}
	return strconv.Itoa(n) + " days"
}

// groupSuffix ends the name in the state file of the log group of a function.
const groupSuffix = "-log-group"

// staleGroups plans the deletion of log groups whose functions are no longer needed.
func (p *planner) staleGroups() {
	p.DeleteStale(p.client.resourceType(), func(res plan.Resource) bool {
		function, ok := strings.CutSuffix(res.Name, groupSuffix)
		return ok && (p.App.HasFunction(function) || p.Leaves(function))
	})
}
