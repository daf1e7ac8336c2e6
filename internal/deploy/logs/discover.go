package logs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// discover looks for log groups by name and tag. One without the tag may be that of a function of
// another application: Lambda creates groups without tags.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	logical := make(map[string]string)
	for _, function := range app.LogicalNames() {
		logical[app.LogGroupName(function)] = function
	}
	var list []plan.Resource
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.Client,
		&cloudwatchlogs.DescribeLogGroupsInput{
			LogGroupNamePrefix: aws.String(spec.LogGroup(app.Prefix() + "-")),
		})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.LogGroups {
			function, ok := logical[aws.ToString(g.LogGroupName)]
			if !ok {
				continue
			}
			tags, err := c.tags(ctx, aws.ToString(g.LogGroupArn))
			if err != nil {
				return nil, err
			}
			if tags[spec.TagKey] == app.Tag() {
				list = append(list, plan.Resource{
					Name: function + groupSuffix, Type: plan.TypeLogGroup, Pending: true,
					LogGroupName: aws.ToString(g.LogGroupName),
				})
			}
		}
	}
	return list, nil
}
