package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// database is the part of DynamoDB that a Store uses: single items and single partitions.
type database interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (
		*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (
		*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (
		*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (
		*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (
		*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (
		*dynamodb.BatchGetItemOutput, error)
}

var _ database = (*dynamodb.Client)(nil)

// A condition is an expression, empty for none, and the values in it.
type condition struct {
	expression string
	values     item
}

func (c condition) text() *string {
	if c.expression == "" {
		return nil
	}
	return &c.expression
}

// get reads an item, consistently, or returns nil if there is none.
func (s *Store) get(ctx context.Context, k item) (found item, err error) {
	err = s.retry(ctx, "get item", func() error {
		out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &s.cfg.Table, Key: k, ConsistentRead: aws.Bool(true),
		})
		if err == nil {
			found = out.Item
		}
		return err
	})
	return found, err
}

// put writes a whole item.
func (s *Store) put(ctx context.Context, i item, when condition) error {
	return s.retry(ctx, "put item", func() error {
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &s.cfg.Table, Item: i,
			ConditionExpression: when.text(), ExpressionAttributeValues: when.values,
		})
		return err
	})
}

// update changes an item that exists. The values of the condition are also those of the change.
func (s *Store) update(ctx context.Context, k item, change string, when condition) error {
	return s.retry(ctx, "update item", func() error {
		_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.cfg.Table, Key: k, UpdateExpression: &change,
			ConditionExpression: when.text(), ExpressionAttributeValues: when.values,
		})
		return err
	})
}

func (s *Store) delete(ctx context.Context, k item, when condition) error {
	return s.retry(ctx, "delete item", func() error {
		_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &s.cfg.Table, Key: k,
			ConditionExpression: when.text(), ExpressionAttributeValues: when.values,
		})
		return err
	})
}

// query passes the items of a partition, in the order of their sort keys, to more, page by page,
// until more returns false. limit is the length of a page in items, 0 for DynamoDB's 1 MB.
func (s *Store) query(
	ctx context.Context, partition string, limit int32, more func([]item) (bool, error),
) error {
	in := &dynamodb.QueryInput{
		TableName: &s.cfg.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String(PartitionKey + " = :partition"),
		ExpressionAttributeValues: item{":partition": text(partition)},
	}
	if limit > 0 {
		in.Limit = &limit
	}
	for {
		var out *dynamodb.QueryOutput
		err := s.retry(ctx, "query", func() (err error) {
			out, err = s.db.Query(ctx, in)
			return err
		})
		if err != nil {
			return err
		}
		page := make([]item, len(out.Items))
		for i := range out.Items {
			page[i] = out.Items[i]
		}
		if on, err := more(page); !on || err != nil || len(out.LastEvaluatedKey) == 0 {
			return err
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// maxBatch is how many items one request reads at most.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html)
const maxBatch = 100

// getMany reads up to maxBatch items, consistently, in no order and without those that do not
// exist.
func (s *Store) getMany(ctx context.Context, keys []item) (found []item, err error) {
	left := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		left.Keys = append(left.Keys, k)
	}
	for n := 1; len(left.Keys) > 0; n++ {
		err := s.retry(ctx, "get items", func() error {
			out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{s.cfg.Table: left},
			})
			if err != nil {
				return err
			}
			for _, i := range out.Responses[s.cfg.Table] {
				found = append(found, i)
			}
			left.Keys = out.UnprocessedKeys[s.cfg.Table].Keys
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(left.Keys) > 0 && !s.backOff(ctx, n) {
			return nil, ctx.Err()
		}
	}
	return found, nil
}
