package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// A sdk has AWS's own clients of a server.
type sdk struct {
	*testing.T
	tables  *client.Client
	streams *dynamodbstreams.Client
}

func newSDK(t *testing.T) sdk {
	t.Helper()
	server := httptest.NewServer(new(dynamodb.Server))
	t.Cleanup(server.Close)
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}
	return sdk{t, client.NewFromConfig(cfg), dynamodbstreams.NewFromConfig(cfg)}
}

func (s sdk) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// table makes a table with a stream, and returns the ARN of that.
func (s sdk) table(name string) string {
	s.Helper()
	out, err := s.tables.CreateTable(s.Context(), &client.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: "HASH"}},
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	})
	s.must(err)
	return aws.ToString(out.TableDescription.LatestStreamArn)
}

func (s sdk) put(table, key, n string) {
	s.Helper()
	_, err := s.tables.PutItem(s.Context(), &client.PutItemInput{
		TableName: &table, Item: map[string]types.AttributeValue{
			"p": &types.AttributeValueMemberS{Value: key}, "n": &types.AttributeValueMemberN{Value: n},
		},
	})
	s.must(err)
}

func (s sdk) iterator(
	arn string, kind streams.ShardIteratorType, at *string,
) (iterator *string, err error) {
	s.Helper()
	about, err := s.streams.DescribeStream(s.Context(),
		&dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	s.must(err)
	shards := about.StreamDescription.Shards
	if len(shards) != 1 {
		s.Fatalf("there are %d shards", len(shards))
	}
	out, err := s.streams.GetShardIterator(s.Context(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &arn, ShardId: shards[0].ShardId, ShardIteratorType: kind, SequenceNumber: at,
	})
	if err != nil {
		return nil, err
	}
	return out.ShardIterator, nil
}

// read returns what happened to which item, and the next iterator.
func (s sdk) read(
	iterator *string, limit int32,
) (text string, records []streams.Record, next *string) {
	s.Helper()
	out, err := s.streams.GetRecords(s.Context(),
		&dynamodbstreams.GetRecordsInput{ShardIterator: iterator, Limit: &limit})
	s.must(err)
	var all []string
	for _, r := range out.Records {
		key := r.Dynamodb.Keys["p"].(*streams.AttributeValueMemberS).Value
		line := fmt.Sprintf("%s %s", r.EventName, key)
		for _, image := range []map[string]streams.AttributeValue{
			r.Dynamodb.OldImage, r.Dynamodb.NewImage,
		} {
			if n, ok := image["n"].(*streams.AttributeValueMemberN); ok {
				line += " " + n.Value
			}
		}
		if r.Dynamodb.ApproximateCreationDateTime.IsZero() || *r.Dynamodb.SizeBytes == 0 ||
			aws.ToString(r.EventSource) != "aws:dynamodb" || aws.ToString(r.EventID) == "" {
			s.Errorf("a record is %+v", r)
		}
		all = append(all, line)
	}
	return strings.Join(all, ", "), out.Records, out.NextShardIterator
}

// TestStreamsByAWSsOwnClient reads a stream as programs do that poll it themselves.
func TestStreamsByAWSsOwnClient(t *testing.T) {
	s := newSDK(t)
	arn := s.table("things")
	s.table("others")
	list, err := s.streams.ListStreams(t.Context(),
		&dynamodbstreams.ListStreamsInput{TableName: aws.String("things")})
	s.must(err)
	if len(list.Streams) != 1 || *list.Streams[0].StreamArn != arn {
		t.Fatalf("the streams are %+v, want %s", list.Streams, arn)
	}
	all, err := s.streams.ListStreams(t.Context(), &dynamodbstreams.ListStreamsInput{
		Limit: aws.Int32(1),
	})
	s.must(err)
	if all, err = s.streams.ListStreams(t.Context(), &dynamodbstreams.ListStreamsInput{
		ExclusiveStartStreamArn: all.LastEvaluatedStreamArn,
	}); err != nil || len(all.Streams) != 1 {
		t.Errorf("the second page is %+v, %v", all, err)
	}
	latest, err := s.iterator(arn, streams.ShardIteratorTypeLatest, nil)
	s.must(err)
	s.put("things", "a", "1")
	s.put("things", "a", "2")
	s.put("things", "b", "3")
	oldest, err := s.iterator(arn, streams.ShardIteratorTypeTrimHorizon, nil)
	s.must(err)
	for _, from := range []*string{latest, oldest} {
		text, records, next := s.read(from, 2)
		if text != "INSERT a 1, MODIFY a 1 2" {
			t.Errorf("read %s", text)
		}
		if text, _, next = s.read(next, 2); text != "INSERT b 3" || next == nil {
			t.Errorf("then read %s", text)
		}
		for kind, want := range map[streams.ShardIteratorType]string{
			streams.ShardIteratorTypeAtSequenceNumber:    "MODIFY a 1 2, INSERT b 3",
			streams.ShardIteratorTypeAfterSequenceNumber: "INSERT b 3",
		} {
			at, err := s.iterator(arn, kind, records[1].Dynamodb.SequenceNumber)
			s.must(err)
			if text, _, _ := s.read(at, 9); text != want {
				t.Errorf("%s reads %s, want %s", kind, text, want)
			}
		}
	}
	_, err = s.tables.DeleteTable(t.Context(), &client.DeleteTableInput{
		TableName: aws.String("things"),
	})
	s.must(err)
	if text, _, next := s.read(oldest, 9); !strings.HasPrefix(text, "INSERT a 1") || next != nil {
		t.Errorf("after its table the stream has %s, and more: %t", text, next != nil)
	}
	about, err := s.streams.DescribeStream(t.Context(),
		&dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil || about.StreamDescription.StreamStatus != streams.StreamStatusDisabled {
		t.Errorf("the stream is %+v, %v", about, err)
	}
}

// TestStreamsRefuse has the errors of the real one, by their types.
func TestStreamsRefuse(t *testing.T) {
	s := newSDK(t)
	arn := s.table("things")
	s.put("things", "a", "1")
	_, err := s.streams.DescribeStream(t.Context(),
		&dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(arn + "x")})
	if _, ok := errors.AsType[*streams.ResourceNotFoundException](err); !ok {
		t.Errorf("a stream that is not there: %v", err)
	}
	_, err = s.streams.GetRecords(t.Context(),
		&dynamodbstreams.GetRecordsInput{ShardIterator: aws.String("x")})
	if err == nil || !strings.Contains(err.Error(), "ValidationException") {
		t.Errorf("a wrong iterator: %v", err)
	}
	number := aws.String("100000000000000000009")
	_, err = s.iterator(arn, streams.ShardIteratorTypeAtSequenceNumber, number)
	if err == nil || !strings.Contains(err.Error(), "ValidationException") {
		t.Errorf("a number that is not there: %v", err)
	}
	if _, err = s.iterator(arn, "NEWEST", nil); err == nil ||
		!strings.Contains(err.Error(), "ValidationException") {
		t.Errorf("a wrong kind: %v", err)
	}
}
