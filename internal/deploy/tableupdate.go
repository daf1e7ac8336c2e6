package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// updateTable changes what differs of a table, and waits until it is so.
func (r *run) updateTable(
	ctx context.Context, t Table, have foundTable, ttl *types.TimeToLiveSpecification,
) error {
	if err := r.levelTable(ctx, t); err != nil {
		return err
	}
	if ttl != nil {
		if err := r.setTTL(ctx, t, *ttl); err != nil {
			return err
		}
	}
	set, unset := tagChanges(have.tags, r.app.ResourceTags(t.Tags))
	if len(unset) > 0 {
		_, err := r.tables.UntagResource(ctx, &dynamodb.UntagResourceInput{
			ResourceArn: &have.arn, TagKeys: unset,
		})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.tables.TagResource(ctx, &dynamodb.TagResourceInput{
		ResourceArn: &have.arn, Tags: tableTagList(set),
	})
	return err
}

// levelTable changes a table step by step into what is declared. It looks at the table before each
// step, so it does not matter who has done the ones before.
func (r *run) levelTable(ctx context.Context, t Table) error {
	surprised := false
	return r.await(ctx, "wait for table "+t.Name, tableLimit, func() (bool, error) {
		have, err := r.describeTable(ctx, t.Name)
		if err != nil || have == nil || !isReady(t, *have) {
			return false, err
		}
		in := nextUpdate(t, *have)
		if in == nil {
			return true, nil
		}
		_, err = r.tables.UpdateTable(ctx, in)
		if isTableInUse(err) {
			return false, nil
		}
		// What is so already is an error to AWS: the answer to an earlier call may have been lost.
		if isInvalid(err) && !surprised {
			surprised = true
			return false, nil
		}
		return false, err
	})
}

// setTTL switches time to live on or off. A call for what is so already is an error to AWS, and so
// is a second one within an hour: the next plan will say whether there is anything left to do.
func (r *run) setTTL(ctx context.Context, t Table, ttl types.TimeToLiveSpecification) error {
	_, err := r.tables.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name, TimeToLiveSpecification: &ttl,
	})
	if !isInvalid(err) {
		return err
	}
	attribute, status, lookErr := r.describeTTL(ctx, t.Name)
	have := foundTable{ttl: attribute, ttlStatus: status}
	if lookErr != nil || have.expires(*ttl.AttributeName) == *ttl.Enabled {
		return lookErr
	}
	if strings.Contains(err.Error(), "modified multiple times") {
		r.progress("Time to live of table " + t.Name + " can be changed once an hour: deploy again later")
		return nil
	}
	return err
}

// isInvalid reports whether DynamoDB calls a request wrong. It has no type for that.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)
func isInvalid(err error) bool {
	e, ok := errors.AsType[apiError](err)
	return ok && e.ErrorCode() == "ValidationException"
}

// deleteTable deletes a table and waits until it is gone. One that may have been made by us, or by
// somebody else, goes only if it has the tag.
func (r *run) deleteTable(ctx context.Context, res *Resource) error {
	have, err := r.describeTable(ctx, res.TableName)
	if err != nil || have == nil {
		return err
	}
	if res.Pending {
		tags, err := r.tableTags(ctx, have.arn)
		if err != nil || tags[spec.TagKey] != r.app.Tag() {
			return err
		}
	}
	if have.protected {
		return fmt.Errorf("table %s is protected from being deleted: set \"deletion_protection\": false "+
			"in tables.%s and deploy, then delete again", res.TableName, res.Name)
	}
	what := "wait until table " + res.TableName + " is gone"
	return r.await(ctx, what, tableLimit, func() (bool, error) {
		have, err := r.describeTable(ctx, res.TableName)
		if err != nil || have == nil {
			return err == nil, err
		}
		if have.status == types.TableStatusDeleting {
			return false, nil
		}
		_, err = r.tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &res.TableName})
		if isTableInUse(err) || isNoTable(err) {
			return false, nil
		}
		return false, err
	})
}

func tableRecord() record {
	return record{name: TypeTable, data: true, delete: func(res Resource) Step {
		return deletion(res, res.TableName, "table", "", (*run).deleteTable)
	}}
}
