package dynamodb

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const streamTarget = "DynamoDBStreams_20120810."

// streamOperations are what the server does with streams, by name.
var streamOperations = map[string]func(*Server, []byte) (any, error){
	"DescribeStream":   handle((*Server).describeStream),
	"GetRecords":       handle((*Server).getRecords),
	"GetShardIterator": handle((*Server).getShardIterator),
	"ListStreams":      handle((*Server).listStreams),
}

type listStreamsInput struct {
	TableName               string
	Limit                   int
	ExclusiveStartStreamArn string
}

func (s *Server) listStreams(in listStreamsInput) (any, error) {
	list := []map[string]any{}
	for _, arn := range slices.Sorted(maps.Keys(s.streams)) {
		st := s.streams[arn]
		if in.TableName != "" && st.table.name != tableName(in.TableName) ||
			arn <= in.ExclusiveStartStreamArn {
			continue
		}
		if in.Limit > 0 && len(list) == in.Limit {
			return map[string]any{
				"Streams": list, "LastEvaluatedStreamArn": list[len(list)-1]["StreamArn"],
			}, nil
		}
		list = append(list, map[string]any{
			"StreamArn": arn, "StreamLabel": st.label, "TableName": st.table.name,
		})
	}
	return map[string]any{"Streams": list}, nil
}

func (s *Server) findStream(arn string) (*stream, error) {
	st := s.streams[arn]
	if st == nil {
		return nil, notFound("Requested resource not found: Stream: %s not found", arn)
	}
	st.trim()
	return st, nil
}

type describeStreamInput struct{ StreamArn, ExclusiveStartShardId string }

func (s *Server) describeStream(in describeStreamInput) (any, error) {
	st, err := s.findStream(in.StreamArn)
	if err != nil {
		return nil, err
	}
	numbers := map[string]string{"StartingSequenceNumber": sequence(st.first)}
	status := "ENABLED"
	if st.ended {
		status, numbers["EndingSequenceNumber"] = "DISABLED", sequence(st.end())
	}
	shards := []any{}
	if in.ExclusiveStartShardId == "" {
		shards = append(shards, map[string]any{"ShardId": shardID, "SequenceNumberRange": numbers})
	}
	return map[string]any{"StreamDescription": map[string]any{
		"StreamArn": in.StreamArn, "StreamLabel": st.label, "StreamStatus": status,
		"StreamViewType": st.view, "TableName": st.table.name, "Shards": shards,
		"KeySchema":               st.table.request.KeySchema,
		"CreationRequestDateTime": float64(st.created.UnixMilli()) / 1000,
	}}, nil
}

type shardIteratorInput struct{ StreamArn, ShardId, ShardIteratorType, SequenceNumber string }

func (s *Server) getShardIterator(in shardIteratorInput) (any, error) {
	st, err := s.findStream(in.StreamArn)
	if err != nil {
		return nil, err
	}
	if in.ShardId != shardID {
		return nil, notFound("Requested resource not found: Shard does not exist")
	}
	next := st.first
	switch in.ShardIteratorType {
	case "TRIM_HORIZON":
	case "LATEST":
		next = st.end()
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		number, ok := strings.CutPrefix(in.SequenceNumber, "1")
		n, err := strconv.ParseUint(number, 10, 64)
		if !ok || err != nil || sequence(n) != in.SequenceNumber || n >= st.end() {
			return nil, invalid("Invalid SequenceNumber: %s", in.SequenceNumber)
		}
		if next = n; in.ShardIteratorType == "AFTER_SEQUENCE_NUMBER" {
			next++
		}
		if next < st.first {
			return nil, trimmed()
		}
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'shardIteratorType' failed to "+
			"satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "+
			"AT_SEQUENCE_NUMBER, TRIM_HORIZON]", in.ShardIteratorType)
	}
	return map[string]string{"ShardIterator": iterator{in.StreamArn, next, time.Now()}.String()}, nil
}

func trimmed() error {
	return &Error{
		Code:    "TrimmedDataAccessException",
		Message: "The record at the requested position is not kept any more",
	}
}

// iteratorLife is how long an iterator may be used.
const iteratorLife = 15 * time.Minute

// An iterator is a place in a stream, for clients.
type iterator struct {
	ARN  string
	Next uint64
	At   time.Time
}

// String returns the iterator as clients have it.
func (i iterator) String() string {
	text, err := json.Marshal(i)
	if err != nil {
		panic(err) // texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

type getRecordsInput struct {
	ShardIterator string
	Limit         int
}

// The limits of a page of records.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html)
const (
	maxRecords     = 1000
	maxRecordBytes = 1 << 20
)

func (s *Server) getRecords(in getRecordsInput) (any, error) {
	var at iterator
	text, err := base64.RawURLEncoding.DecodeString(in.ShardIterator)
	if err != nil || json.Unmarshal(text, &at) != nil {
		return nil, invalid("Invalid ShardIterator")
	}
	if time.Since(at.At) > iteratorLife {
		return nil, &Error{
			Code: "ExpiredIteratorException", Message: "The shard iterator has expired",
		}
	}
	st, err := s.findStream(at.ARN)
	if err != nil {
		return nil, err
	}
	if in.Limit < 0 || in.Limit > maxRecords {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy "+
			"constraint: Member must have value less than or equal to %d", in.Limit, maxRecords)
	}
	if at.Next < st.first {
		return nil, trimmed()
	}
	limit := maxRecords
	if in.Limit > 0 {
		limit = in.Limit
	}
	list, size := []any{}, 0
	for ; at.Next < st.end() && len(list) < limit; at.Next++ {
		size += st.changes[at.Next-st.first].size
		if len(list) > 0 && size > maxRecordBytes {
			break
		}
		list = append(list, st.record(at.Next))
	}
	out := map[string]any{"Records": list}
	if !st.ended || at.Next < st.end() {
		at.At = time.Now()
		out["NextShardIterator"] = at.String()
	}
	return out, nil
}
