package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// DynamoDB shows tags some seconds after they were written: until then it has the previous ones, or
// none. Without waiting, a plan would take a table that an interrupted deploy has just created for
// one of another owner, which is never deleted.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html)
const (
	tagLimit = 15 * time.Second // for tags that were just written
	newTable = time.Minute      // for how long after its creation a table may seem to have no tags
)

// tagsOf returns the tags of a table. If it is new and the application's is not among them, tagsOf
// looks again for some seconds.
func (c client) tagsOf(
	ctx context.Context, app spec.Application, have *foundTable,
) (tags map[string]string, err error) {
	err = c.awaitTags(ctx, have.name, func() (bool, error) {
		tags, err = c.readTags(ctx, have.arn)
		return tags[spec.TagKey] == app.Tag() || c.waiter.Since(have.created) > newTable, err
	})
	return tags, err
}

// settleTags waits until DynamoDB shows the tags of a table as the application has them, so that
// the next plan finds nothing to do.
func (r run) settleTags(ctx context.Context, t spec.Table, unset []string) error {
	have, err := r.describe(ctx, t.Name)
	if err != nil || have == nil {
		return err
	}
	return r.client.awaitTags(ctx, t.Name, func() (bool, error) {
		tags, err := r.readTags(ctx, have.arn)
		set, _ := plan.TagChanges(tags, r.App.ResourceTags(t.Tags))
		for _, key := range unset {
			if _, still := tags[key]; still {
				return false, err
			}
		}
		return len(set) == 0, err
	})
}

// awaitTags calls done until it reports true or fails, or time is up, which is no error: the tags
// are what they seem to be.
func (c client) awaitTags(ctx context.Context, table string, done func() (bool, error)) error {
	var failed error
	err := c.waiter.Await(ctx, "tags of table "+table, tagLimit, func() (ok bool, err error) {
		ok, failed = done()
		return ok, failed
	})
	if failed != nil || ctx.Err() != nil {
		return err
	}
	return nil
}

// readTags returns the tags that DynamoDB shows.
func (c client) readTags(ctx context.Context, arn string) (map[string]string, error) {
	tags := make(map[string]string)
	in := &dynamodb.ListTagsOfResourceInput{ResourceArn: &arn}
	for {
		out, err := c.ListTagsOfResource(ctx, in)
		if isNoTable(err) {
			return tags, nil
		}
		if err != nil {
			return nil, err
		}
		for _, tag := range out.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if aws.ToString(out.NextToken) == "" {
			return tags, nil
		}
		in.NextToken = out.NextToken
	}
}
