package deploy

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// A foundLogGroup is the log group of a function.
type foundLogGroup struct {
	arn       string // without the ":*" at its end
	retention int    // days; 0 is for ever
	tags      map[string]string
}

// findLogGroups looks for the log groups of all functions. AWS is asked for names that begin with one,
// so others may come along.
func (c *Cloud) findLogGroups(ctx context.Context, app Application, _ State, f *Found) error {
	f.logGroups = make(map[string]foundLogGroup)
	for _, fn := range app.Functions {
		name := app.LogGroupName(fn.LogicalName)
		group, err := c.describeLogGroup(ctx, name)
		if err != nil {
			return err
		}
		if group != nil {
			f.logGroups[name] = *group
		}
	}
	return nil
}

func (c *Cloud) describeLogGroup(ctx context.Context, name string) (*foundLogGroup, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.logs,
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
			have := &foundLogGroup{
				arn: aws.ToString(g.LogGroupArn), retention: int(aws.ToInt32(g.RetentionInDays)),
			}
			out, err := c.logs.ListTagsForResource(ctx,
				&cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &have.arn})
			if err != nil {
				return nil, err
			}
			have.tags = out.Tags
			return have, nil
		}
	}
	return nil, nil
}

// logGroup plans the log group of a function. It is made before the function, which would else make one
// that is kept for ever, and would need the permission for it. Lambda makes groups without tags, so a
// group of the right name is ours if it is there.
func (b *planner) logGroup(fn Function) {
	name := b.app.LogGroupName(fn.LogicalName)
	res := Resource{Name: fn.LogicalName + logGroupSuffix, Type: TypeLogGroup, LogGroupName: name}
	have, ok := b.found.logGroups[name]
	if !ok {
		b.add(Step{
			Action: Create, Type: TypeLogGroup, Name: name, resource: res,
			do: func(ctx context.Context, r *run, _ *Resource) error {
				return r.createLogGroup(ctx, name, fn)
			},
		})
		return
	}
	var diff changes
	diff.compare("retention", days(have.retention), days(fn.LogRetention))
	diff.tags(have.tags, b.app.ResourceTags(fn.Tags))
	b.update(TypeLogGroup, name, "", diff, res, func(ctx context.Context, r *run, _ *Resource) error {
		return r.updateLogGroup(ctx, name, have, fn)
	})
}

func (r *run) createLogGroup(ctx context.Context, name string, fn Function) error {
	_, err := r.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: &name, Tags: r.app.ResourceTags(fn.Tags),
	})
	_, exists := errors.AsType[*types.ResourceAlreadyExistsException](err)
	if err != nil && !exists {
		return err
	}
	if fn.LogRetention == 0 && !exists {
		return nil
	}
	return r.retain(ctx, name, fn.LogRetention)
}

func (r *run) updateLogGroup(
	ctx context.Context, name string, have foundLogGroup, fn Function,
) error {
	set, unset := tagChanges(have.tags, r.app.ResourceTags(fn.Tags))
	if len(unset) > 0 {
		_, err := r.logs.UntagResource(ctx,
			&cloudwatchlogs.UntagResourceInput{ResourceArn: &have.arn, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) > 0 {
		_, err := r.logs.TagResource(ctx,
			&cloudwatchlogs.TagResourceInput{ResourceArn: &have.arn, Tags: set})
		if err != nil {
			return err
		}
	}
	if have.retention == fn.LogRetention {
		return nil
	}
	return r.retain(ctx, name, fn.LogRetention)
}

func (r *run) retain(ctx context.Context, name string, retention int) error {
	if retention == 0 {
		_, err := r.logs.DeleteRetentionPolicy(ctx,
			&cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &name})
		return err
	}
	_, err := r.logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: &name, RetentionInDays: aws.Int32(int32(retention)),
	})
	return err
}

func (r *run) deleteLogGroup(ctx context.Context, res *Resource) error {
	_, err := r.logs.DeleteLogGroup(ctx,
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

func logGroupRecord() record {
	return record{name: TypeLogGroup, delete: func(res Resource) Step {
		return deletion(res, res.LogGroupName, "log group", "", (*run).deleteLogGroup)
	}}
}

// logGroupSuffix ends what the state file calls the log group of a function.
const logGroupSuffix = "-log-group"

// staleLogGroups plans the deletion of the log groups of functions that are not needed any more.
func (b *planner) staleLogGroups() {
	b.staleRecords(logGroupRecord(), func(res Resource) bool {
		function, ok := strings.CutSuffix(res.Name, logGroupSuffix)
		return ok && b.app.HasFunction(function)
	})
}
