package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundTable is an existing table.
type foundTable struct {
	name, arn string
	created   time.Time
	status    types.TableStatus
	key       spec.Key
	indexes   map[string]foundIndex
	capacity  spec.Capacity
	protected bool

	kmsKey    string // of KMS; empty if the table has none of its own
	stream    string // its view type; NONE without a stream
	streamARN string
	recovery  bool   // point in time
	ttl       string // attribute; empty if it is off
	ttlStatus types.TimeToLiveStatus
	tags      map[string]string
}

// A foundIndex is an existing global secondary index.
type foundIndex struct {
	key        spec.Key
	projection types.ProjectionType
	status     types.IndexStatus
	capacity   spec.Capacity
}

// has reports whether a table has an index as it is declared.
func (f foundTable) has(i spec.Index) bool {
	have, ok := f.indexes[i.Name]
	return ok && have.key == i.Key() && have.projection == types.ProjectionTypeAll
}

// expires reports whether time to live uses this attribute.
func (f foundTable) expires(attribute string) bool {
	return f.ttl == attribute && (f.ttlStatus == types.TimeToLiveStatusEnabled ||
		f.ttlStatus == types.TimeToLiveStatusEnabling)
}

// findTables looks for the tables that the application declares, by name.
func (c client) findTables(
	ctx context.Context, app spec.Application,
) (map[string]foundTable, error) {
	tables := make(map[string]foundTable)
	for _, t := range app.Tables {
		have, err := c.describe(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		// A table that is being deleted counts as deleted: creating it again waits for that.
		if have == nil || have.status == types.TableStatusDeleting {
			continue
		}
		if have.ttl, have.ttlStatus, err = c.describeTTL(ctx, t.Name); err != nil {
			return nil, err
		}
		if have.tags, err = c.tagsOf(ctx, app, have); err != nil {
			return nil, err
		}
		if t.PointInTimeRecovery != nil {
			if have.recovery, err = c.describeRecovery(ctx, t.Name); err != nil {
				return nil, err
			}
		}
		tables[t.Name] = *have
	}
	return tables, nil
}

// describe returns a table without its time to live and tags, or nil if there is none of that
// name.
func (c client) describe(ctx context.Context, name string) (*foundTable, error) {
	out, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if isNoTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := out.Table
	defined := make(map[string]string)
	for _, a := range t.AttributeDefinitions {
		defined[aws.ToString(a.AttributeName)] = string(a.AttributeType)
	}
	have := &foundTable{
		name: name, arn: aws.ToString(t.TableArn), created: aws.ToTime(t.CreationDateTime),
		status: t.TableStatus, key: newKey(t.KeySchema, defined),
		capacity:  newCapacity(t.ProvisionedThroughput),
		protected: aws.ToBool(t.DeletionProtectionEnabled), indexes: make(map[string]foundIndex),
	}
	have.stream = spec.NoStream
	if s := t.StreamSpecification; s != nil && aws.ToBool(s.StreamEnabled) {
		have.stream, have.streamARN = string(s.StreamViewType), aws.ToString(t.LatestStreamArn)
	}
	if s := t.SSEDescription; s != nil {
		have.kmsKey = aws.ToString(s.KMSMasterKeyArn)
	}
	for _, i := range t.GlobalSecondaryIndexes {
		found := foundIndex{
			key: newKey(i.KeySchema, defined), status: i.IndexStatus,
			capacity: newCapacity(i.ProvisionedThroughput),
		}
		if i.Projection != nil {
			found.projection = i.Projection.ProjectionType
		}
		have.indexes[aws.ToString(i.IndexName)] = found
	}
	return have, nil
}

func newKey(schema []types.KeySchemaElement, defined map[string]string) spec.Key {
	var k spec.Key
	for _, e := range schema {
		name := aws.ToString(e.AttributeName)
		if e.KeyType == types.KeyTypeHash {
			k.Partition = spec.Attribute{Name: name, Type: defined[name]}
		} else {
			k.Sort = spec.Attribute{Name: name, Type: defined[name]}
		}
	}
	return k
}

// newCapacity returns the provisioned capacity: zero for a table that is paid by request.
func newCapacity(p *types.ProvisionedThroughputDescription) spec.Capacity {
	if p == nil {
		return spec.Capacity{}
	}
	return spec.Capacity{
		Read: aws.ToInt64(p.ReadCapacityUnits), Write: aws.ToInt64(p.WriteCapacityUnits),
	}
}

// describeTTL returns the attribute and status of time to live. AWS may not have them for a table
// that is still being created.
func (c client) describeTTL(
	ctx context.Context, name string,
) (attribute string, status types.TimeToLiveStatus, err error) {
	out, err := c.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if isNoTable(err) || err == nil && out.TimeToLiveDescription == nil {
		return "", types.TimeToLiveStatusDisabled, nil
	}
	if err != nil {
		return "", "", err
	}
	ttl := out.TimeToLiveDescription
	return aws.ToString(ttl.AttributeName), ttl.TimeToLiveStatus, nil
}

// describeRecovery reports whether a table can be restored to any time of the last weeks.
func (c client) describeRecovery(ctx context.Context, name string) (bool, error) {
	out, err := c.DescribeContinuousBackups(ctx,
		&dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if isNoTable(err) || err == nil && out.ContinuousBackupsDescription == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d := out.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	return d != nil && d.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled, nil
}

func isNoTable(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}
