package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A foundTable is a table that there is.
type foundTable struct {
	arn       string
	status    types.TableStatus
	key       tableKey
	indexes   map[string]foundIndex
	capacity  capacity
	protected bool

	ttl       string // attribute; empty if it is off
	ttlStatus types.TimeToLiveStatus
	tags      map[string]string
}

// A foundIndex is a global secondary index that there is.
type foundIndex struct {
	key        tableKey
	projection types.ProjectionType
	status     types.IndexStatus
	capacity   capacity
}

// A tableKey is the key of a table or of an index. Its attributes have types.
type tableKey struct{ partition, sort Attribute }

func (k tableKey) String() string {
	text := fmt.Sprintf("%s (%s)", k.partition.Name, k.partition.Type)
	if k.sort.Name != "" {
		text += fmt.Sprintf(", %s (%s)", k.sort.Name, k.sort.Type)
	}
	return text
}

// A capacity is what was provisioned; the zero value is none, which is paid by request.
type capacity struct{ read, write int64 }

func (c capacity) String() string {
	if c == (capacity{}) {
		return "paid by request"
	}
	return fmt.Sprintf("%d read, %d write units", c.read, c.write)
}

// has reports whether a table has an index as it is declared.
func (f foundTable) has(i Index) bool {
	have, ok := f.indexes[i.Name]
	return ok && have.key == i.key() && have.projection == types.ProjectionTypeAll
}

// expires reports whether items are deleted by the time in this attribute.
func (f foundTable) expires(attribute string) bool {
	return f.ttl == attribute && (f.ttlStatus == types.TimeToLiveStatusEnabled ||
		f.ttlStatus == types.TimeToLiveStatusEnabling)
}

// findTables looks for the tables that the application declares, by name.
func (c *Cloud) findTables(ctx context.Context, app Application, _ State, f *Found) error {
	f.tables = make(map[string]foundTable)
	for _, t := range app.Tables {
		have, err := c.describeTable(ctx, t.Name)
		if err != nil {
			return err
		}
		// One that goes away is as good as gone: the new one waits for that.
		if have == nil || have.status == types.TableStatusDeleting {
			continue
		}
		if have.ttl, have.ttlStatus, err = c.describeTTL(ctx, t.Name); err != nil {
			return err
		}
		if have.tags, err = c.tableTags(ctx, have.arn); err != nil {
			return err
		}
		f.tables[t.Name] = *have
	}
	return nil
}

// describeTable returns a table without its time to live and tags, or nil if there is none of that
// name.
func (c *Cloud) describeTable(ctx context.Context, name string) (*foundTable, error) {
	out, err := c.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
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
		arn: aws.ToString(t.TableArn), status: t.TableStatus, key: newTableKey(t.KeySchema, defined),
		capacity:  newCapacity(t.ProvisionedThroughput),
		protected: aws.ToBool(t.DeletionProtectionEnabled), indexes: make(map[string]foundIndex),
	}
	for _, i := range t.GlobalSecondaryIndexes {
		found := foundIndex{
			key: newTableKey(i.KeySchema, defined), status: i.IndexStatus,
			capacity: newCapacity(i.ProvisionedThroughput),
		}
		if i.Projection != nil {
			found.projection = i.Projection.ProjectionType
		}
		have.indexes[aws.ToString(i.IndexName)] = found
	}
	return have, nil
}

func newTableKey(schema []types.KeySchemaElement, defined map[string]string) tableKey {
	var k tableKey
	for _, e := range schema {
		name := aws.ToString(e.AttributeName)
		if e.KeyType == types.KeyTypeHash {
			k.partition = Attribute{name, defined[name]}
		} else {
			k.sort = Attribute{name, defined[name]}
		}
	}
	return k
}

// newCapacity reads what is provisioned: 0 for a table that is paid by request.
func newCapacity(p *types.ProvisionedThroughputDescription) capacity {
	if p == nil {
		return capacity{}
	}
	return capacity{aws.ToInt64(p.ReadCapacityUnits), aws.ToInt64(p.WriteCapacityUnits)}
}

// describeTTL says by which attribute items expire. A table that is not ready yet may have no
// answer.
func (c *Cloud) describeTTL(
	ctx context.Context, name string,
) (attribute string, status types.TimeToLiveStatus, err error) {
	out, err := c.tables.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if isNoTable(err) || err == nil && out.TimeToLiveDescription == nil {
		return "", types.TimeToLiveStatusDisabled, nil
	}
	if err != nil {
		return "", "", err
	}
	ttl := out.TimeToLiveDescription
	return aws.ToString(ttl.AttributeName), ttl.TimeToLiveStatus, nil
}

func (c *Cloud) tableTags(ctx context.Context, arn string) (map[string]string, error) {
	tags := make(map[string]string)
	in := &dynamodb.ListTagsOfResourceInput{ResourceArn: &arn}
	for {
		out, err := c.tables.ListTagsOfResource(ctx, in)
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

func isNoTable(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}
