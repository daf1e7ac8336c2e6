package trigger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Change is one change of an item of a DynamoDB table.
type Change struct {
	ID   string
	Kind string // "INSERT", "MODIFY" or "REMOVE"

	Keys     Item
	New, Old Item // as far as the view type of the stream has them

	Sequence string    // increases within a shard
	Time     time.Time // to the second
	Source   string    // the ARN of the stream
}

// An Item is attributes in DynamoDB's JSON: {"S":"text"}, {"N":"12"} and so on.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html)
type Item map[string]json.RawMessage

// Text returns an attribute that is a string or a number, and "" for any other. A number keeps all
// its digits.
func (i Item) Text(name string) string {
	var v struct{ S, N string }
	_ = json.Unmarshal(i[name], &v) // an attribute that is absent or of another type is empty
	if v.S != "" {
		return v.S
	}
	return v.N
}

// DynamoDB returns a handler that calls fn for each change of a stream, in their order. At the
// first failure or panic, or when the context has ended, it stops: Lambda delivers that change and
// all after it again, until they succeed or leave the stream, which is after 24 hours. Meanwhile
// the shard stands still, so fn should fail only for what will pass.
func DynamoDB(fn func(context.Context, Change) error) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		list, err := records(event, "aws:dynamodb",
			func(r dynamoRecord) string { return r.EventSource })
		if err != nil {
			return nil, err
		}
		failed := failures{Items: []failedItem{}}
		for _, r := range list {
			c := r.change()
			if ctx.Err() != nil || !try(ctx, c.ID, func() error { return fn(ctx, c) }) {
				failed.add(c.Sequence)
				break
			}
		}
		return failed, nil
	}
}

// dynamoRecord is a record as Lambda has it.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)
type dynamoRecord struct {
	EventID        string `json:"eventID"`
	EventName      string `json:"eventName"`
	EventSource    string `json:"eventSource"`
	EventSourceARN string `json:"eventSourceARN"`
	Change         struct {
		Keys, NewImage, OldImage Item
		SequenceNumber           string
		Created                  float64 `json:"ApproximateCreationDateTime"` // seconds since 1970
	} `json:"dynamodb"`
}

func (r dynamoRecord) change() Change {
	c := r.Change
	return Change{
		ID: r.EventID, Kind: r.EventName, Keys: c.Keys, New: c.NewImage, Old: c.OldImage,
		Sequence: c.SequenceNumber, Time: time.UnixMilli(int64(c.Created * 1000)),
		Source: r.EventSourceARN,
	}
}
