package table

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// tableLimit is how long to wait for a table. An index of a large one may take longer.
const tableLimit = 20 * time.Minute

// create creates a table, and waits until it can be used.
func (r run) create(ctx context.Context, t spec.Table) error {
	in := createInput(t)
	in.Tags = tagList(r.App.ResourceTags(t.Tags))
	err := r.RetryWhile(ctx, "table "+t.Name, tableLimit, func() error {
		_, err := r.CreateTable(ctx, in)
		if isTableInUse(err) {
			return r.madeByUs(ctx, t.Name, err)
		}
		return err
	}, isDeleting)
	if err != nil {
		return err
	}
	if err := r.converge(ctx, t); err != nil {
		return err
	}
	if err := r.setRecovery(ctx, t, false); err != nil {
		return err
	}
	if t.TTLAttribute != "" {
		err := r.setTTL(ctx, t, types.TimeToLiveSpecification{
			AttributeName: &t.TTLAttribute, Enabled: aws.Bool(true),
		})
		if err != nil {
			return err
		}
	}
	return r.settleTags(ctx, t, nil)
}

// errDeleting: a table of this name is still being deleted.
var errDeleting = errors.New("a table of this name is still being deleted")

func isDeleting(err error) bool { return errors.Is(err, errDeleting) }

// madeByUs returns nil if the existing table has our tag: then the answer to an earlier call was
// lost. It returns errDeleting if the table is being deleted, and otherwise exists.
func (r run) madeByUs(ctx context.Context, name string, exists error) error {
	have, err := r.describe(ctx, name)
	if err != nil {
		return err
	}
	if have == nil || have.status == types.TableStatusDeleting {
		return errDeleting
	}
	tags, err := r.tagsOf(ctx, r.App, have)
	if err != nil {
		return err
	}
	if tags[spec.TagKey] != r.App.Tag() {
		return exists
	}
	return nil
}

// createInput returns the call that creates a table, without tags.
func createInput(t spec.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &t.Name, KeySchema: keySchema(t.Key()),
		BillingMode:           types.BillingMode(t.BillingMode()),
		ProvisionedThroughput: throughput(t.Capacity()),
	}
	if t.Protected() {
		in.DeletionProtectionEnabled = aws.Bool(true)
	}
	in.SSESpecification, in.StreamSpecification = encryption(t), streamSpecification(t)
	keys := []spec.Key{t.Key()}
	for _, i := range t.Indexes {
		keys = append(keys, i.Key())
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &i.Name, KeySchema: keySchema(i.Key()), Projection: allAttributes(),
			ProvisionedThroughput: throughput(t.IndexCapacity(i)),
		})
	}
	in.AttributeDefinitions = definitions(keys...)
	return in
}

func keySchema(k spec.Key) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{
		{AttributeName: &k.Partition.Name, KeyType: types.KeyTypeHash},
	}
	if k.Sort.Name != "" {
		schema = append(schema,
			types.KeySchemaElement{AttributeName: &k.Sort.Name, KeyType: types.KeyTypeRange})
	}
	return schema
}

// throughput returns a capacity as DynamoDB takes it, or nil for none.
func throughput(c spec.Capacity) *types.ProvisionedThroughput {
	if c == (spec.Capacity{}) {
		return nil
	}
	return &types.ProvisionedThroughput{ReadCapacityUnits: &c.Read, WriteCapacityUnits: &c.Write}
}

// definitions returns the types of all attributes in keys, each once.
func definitions(keys ...spec.Key) []types.AttributeDefinition {
	kinds := make(map[string]string)
	for _, k := range keys {
		kinds[k.Partition.Name] = k.Partition.Type
		kinds[k.Sort.Name] = k.Sort.Type
	}
	delete(kinds, "")
	var list []types.AttributeDefinition
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		list = append(list, types.AttributeDefinition{
			AttributeName: &name, AttributeType: types.ScalarAttributeType(kinds[name]),
		})
	}
	return list
}

func allAttributes() *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionTypeAll}
}

func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: &key, Value: aws.String(tags[key])})
	}
	return list
}

func isTableInUse(err error) bool {
	_, ok := errors.AsType[*types.ResourceInUseException](err)
	return ok
}
