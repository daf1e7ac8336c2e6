package table

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// update changes a table, and waits until AWS has done so.
func (r run) update(
	ctx context.Context, t spec.Table, have foundTable, ttl *types.TimeToLiveSpecification,
) error {
	if err := r.converge(ctx, t); err != nil {
		return err
	}
	if err := r.setRecovery(ctx, t, have.recovery); err != nil {
		return err
	}
	if ttl != nil {
		if err := r.setTTL(ctx, t, *ttl); err != nil {
			return err
		}
	}
	set, unset := plan.TagChanges(have.tags, r.App.ResourceTags(t.Tags))
	if len(unset) > 0 {
		_, err := r.UntagResource(ctx, &dynamodb.UntagResourceInput{
			ResourceArn: &have.arn, TagKeys: unset,
		})
		if err != nil {
			return err
		}
	}
	if len(set) > 0 {
		_, err := r.TagResource(ctx, &dynamodb.TagResourceInput{
			ResourceArn: &have.arn, Tags: tagList(set),
		})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 && len(unset) == 0 {
		return nil
	}
	return r.settleTags(ctx, t, unset)
}

// converge changes a table, one call after the other, until it is as declared. It reads the table
// before each call, so it also continues what an earlier run has begun.
func (r run) converge(ctx context.Context, t spec.Table) error {
	surprised := false
	var made []*dynamodb.UpdateTableInput
	return r.Await(ctx, "table "+t.Name, tableLimit, func() (bool, error) {
		have, err := r.describe(ctx, t.Name)
		if err != nil || have == nil || !isReady(t, *have) {
			return false, err
		}
		in := nextUpdate(t, *have)
		if in == nil {
			return true, nil
		}
		if isStuck(made, in) {
			return false, fmt.Errorf("update table %s: AWS has accepted the same change %d times, and the "+
				"table is as before: does something else change it, such as auto scaling? Change it by "+
				"hand, or leave the setting out of tables", t.Name, maxSame)
		}
		_, err = r.UpdateTable(ctx, in)
		if isTableInUse(err) {
			return false, nil
		}
		if err == nil {
			made = append(made, in)
		}
		// AWS returns an error if the setting already has that value: an earlier answer may have been
		// lost.
		if isInvalid(err) && !surprised {
			surprised = true
			return false, nil
		}
		return false, err
	})
}

// maxSame is how often the same change of a table is made. DescribeTable may lag behind once.
const maxSame = 3

// isStuck reports that a change was made some times already.
func isStuck(made []*dynamodb.UpdateTableInput, in *dynamodb.UpdateTableInput) bool {
	same := 0
	for _, old := range made {
		if reflect.DeepEqual(old, in) {
			same++
		}
	}
	return same >= maxSame
}

// setRecovery turns point-in-time recovery on or off, if the application says anything of it. AWS
// turns on the backups of a new table in its own time.
func (r run) setRecovery(ctx context.Context, t spec.Table, have bool) error {
	if t.PointInTimeRecovery == nil || *t.PointInTimeRecovery == have {
		return nil
	}
	return r.RetryWhile(ctx, "backups of table "+t.Name, tableLimit, func() error {
		_, err := r.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &t.Name,
			PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{
				PointInTimeRecoveryEnabled: t.PointInTimeRecovery,
			},
		})
		return err
	}, func(err error) bool {
		_, wait := errors.AsType[*types.ContinuousBackupsUnavailableException](err)
		return wait
	})
}

// setTTL enables or disables time to live. AWS returns an error if it is so already, and for a
// second change within an hour: the next plan says whether a change is left.
func (r run) setTTL(ctx context.Context, t spec.Table, ttl types.TimeToLiveSpecification) error {
	_, err := r.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
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
		r.Progress("Time to live of table " + t.Name +
			" can be changed once an hour: deploy again in an hour")
		return nil
	}
	return err
}

// isInvalid reports whether DynamoDB rejects a request as invalid. The SDK has no type for that
// error.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)
func isInvalid(err error) bool {
	e, ok := errors.AsType[awserr.Refusal](err)
	return ok && e.ErrorCode() == "ValidationException"
}

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{
		Name: plan.TypeTable, Data: true,
		Delete: func(res plan.Resource) plan.Step {
			return plan.Deletion(res, res.TableName, "table", "",
				func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
					return c.run(r).delete(ctx, res)
				})
		},
	}
}

// delete deletes a table and waits until it is gone. A pending one, which this application may not
// have created, is deleted only if it has the tag.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	have, err := r.describe(ctx, res.TableName)
	if err != nil || have == nil {
		return err
	}
	if res.Pending {
		tags, err := r.tagsOf(ctx, r.App, have)
		if err != nil || tags[spec.TagKey] != r.App.Tag() {
			return err
		}
	}
	if have.protected {
		return fmt.Errorf("table %s is protected from being deleted: set \"deletion_protection\": false "+
			"in tables.%s and deploy, then delete again", res.TableName, res.Name)
	}
	what := "the deletion of table " + res.TableName
	return r.Await(ctx, what, tableLimit, func() (bool, error) {
		have, err := r.describe(ctx, res.TableName)
		if err != nil || have == nil {
			return err == nil, err
		}
		if have.status == types.TableStatusDeleting {
			return false, nil
		}
		_, err = r.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &res.TableName})
		if isTableInUse(err) || isNoTable(err) {
			return false, nil
		}
		return false, err
	})
}
