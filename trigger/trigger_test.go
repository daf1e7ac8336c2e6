package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/trigger"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

var errDown = errors.New("the database is down")

// call hands an event of AWS's own types to a handler, and decodes the reply to one.
func call[Out any](t *testing.T, ctx context.Context, fn tyg.TriggerFunc, event any) (out Out) {
	t.Helper()
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := fn(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("reply %s: %v", text, err)
	}
	return out
}

func failed(r events.SQSEventResponse) []string {
	var ids []string
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func message(id, group string) events.SQSMessage {
	m := events.SQSMessage{
		MessageId: id, Body: id, EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:x:1:q",
		Attributes: map[string]string{"ApproximateReceiveCount": "2", "SentTimestamp": "1700000000123"},
	}
	if group != "" {
		m.Attributes["MessageGroupId"] = group
	}
	return m
}

// Messages whose body begins with "bad" fail or panic.
func TestSQSReportsWhatHasFailed(t *testing.T) {
	tests := []struct {
		name       string
		messages   []events.SQSMessage
		want       []string
		stopBefore string // the context ends when this message is handled
	}{
		{"all well", []events.SQSMessage{message("a", ""), message("b", "")}, nil, ""},
		{
			"two of four",
			[]events.SQSMessage{
				message("bad1", ""), message("a", ""), message("bad2-panic", ""), message("b", ""),
			},
			[]string{"bad1", "bad2-panic"},
			"",
		},
		{
			"the rest of a group of a FIFO queue",
			[]events.SQSMessage{
				message("bad", "g"), message("a", "g"), message("b", "h"), message("c", "g"),
			},
			[]string{"bad", "a", "c"},
			"",
		},
		{
			"out of time",
			[]events.SQSMessage{message("a", ""), message("b", ""), message("c", "")},
			[]string{"b", "c"},
			"a",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fn := trigger.SQS(func(_ context.Context, m trigger.Message) error {
				if m.Body == tt.stopBefore {
					cancel()
				}
				switch {
				case strings.HasSuffix(m.Body, "panic"):
					panic(m.Body)
				case strings.HasPrefix(m.Body, "bad"):
					return errDown
				}
				return nil
			})
			got := call[events.SQSEventResponse](t, ctx, fn, events.SQSEvent{Records: tt.messages})
			if !slices.Equal(failed(got), tt.want) {
				t.Errorf("failed are %q, want %q", failed(got), tt.want)
			}
		})
	}
}

func TestSQSMessage(t *testing.T) {
	text := "blue"
	in := message("id", "g")
	in.MessageAttributes = map[string]events.SQSMessageAttribute{
		"colour": {StringValue: &text, DataType: "String"},
		"bytes":  {BinaryValue: []byte{0, 255}, DataType: "Binary"},
	}
	var got trigger.Message
	fn := trigger.SQS(func(_ context.Context, m trigger.Message) error { got = m; return nil })
	event := events.SQSEvent{Records: []events.SQSMessage{in}}
	call[events.SQSEventResponse](t, t.Context(), fn, event)
	want := trigger.Message{
		ID: "id", Body: "id", Group: "g", Received: 2, Sent: time.UnixMilli(1700000000123),
		QueueARN: "arn:aws:sqs:x:1:q", Attributes: map[string]string{"colour": "blue", "bytes": "AP8="},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func change(id string) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{
		EventID: id, EventName: "MODIFY", EventSource: "aws:dynamodb", EventSourceArn: "arn:stream",
		Change: events.DynamoDBStreamRecord{
			SequenceNumber: "1" + id,
			Keys: map[string]events.DynamoDBAttributeValue{
				"pk": events.NewStringAttribute("k" + id),
			},
			NewImage: map[string]events.DynamoDBAttributeValue{
				"n": events.NewNumberAttribute("12345678901234567890"),
				"l": events.NewListAttribute(nil),
			},
			ApproximateCreationDateTime: events.SecondsEpochTime{Time: time.Unix(1700000000, 0)},
		},
	}
}

func TestDynamoDBStopsAtTheFirstFailure(t *testing.T) {
	var seen []string
	fn := trigger.DynamoDB(func(_ context.Context, c trigger.Change) error {
		seen = append(seen, c.Keys.Text("pk")+"="+c.New.Text("n")+c.New.Text("l"))
		if c.ID == "2" {
			panic("bad row")
		}
		if c.Kind != "MODIFY" || c.Source != "arn:stream" || c.Time.Unix() != 1700000000 {
			t.Errorf("change is %+v", c)
		}
		return nil
	})
	in := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		change("1"), change("2"), change("3"),
	}}
	got := call[events.DynamoDBEventResponse](t, t.Context(), fn, in)
	if len(got.BatchItemFailures) != 1 || got.BatchItemFailures[0].ItemIdentifier != "12" {
		t.Errorf("failed are %+v, want the sequence number 12", got.BatchItemFailures)
	}
	const n = "12345678901234567890"
	if want := []string{"k1=" + n, "k2=" + n}; !slices.Equal(seen, want) {
		t.Errorf("fn has seen %q, want %q", seen, want)
	}
}

func TestSNS(t *testing.T) {
	var got trigger.Notification
	fn := trigger.SNS(func(_ context.Context, n trigger.Notification) error { got = n; return nil })
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	call[any](t, t.Context(), fn, events.SNSEvent{Records: []events.SNSEventRecord{{
		EventSource: "aws:sns", SNS: events.SNSEntity{
			MessageID: "id", Subject: "s", Message: "m", Timestamp: at, TopicArn: "arn:topic",
			MessageAttributes: map[string]any{"a": map[string]any{"Type": "String", "Value": "v"}},
		},
	}}})
	want := trigger.Notification{
		ID: "id", Subject: "s", Message: "m", Time: at, TopicARN: "arn:topic",
		Attributes: map[string]string{"a": "v"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEventBridgeAndSchedule(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	in := events.EventBridgeEvent{
		DetailType: "Scheduled Event", Source: "aws.events", Time: at, Detail: json.RawMessage(`{"a":1}`),
	}
	var e trigger.Event
	call[any](t, t.Context(), trigger.EventBridge(func(_ context.Context, got trigger.Event) error {
		e = got
		return nil
	}), in)
	if e.Source != "aws.events" || string(e.Detail) != `{"a":1}` {
		t.Errorf("event is %+v", e)
	}
	var tick time.Time
	call[any](t, t.Context(), trigger.Schedule(func(_ context.Context, at time.Time) error {
		tick = at
		return nil
	}), in)
	if !tick.Equal(at) {
		t.Errorf("schedule has time %v, want %v", tick, at)
	}
}

// An event of another source than the program expects is a failure that says so, and no success
// that loses it.
func TestEventsOfAnotherSource(t *testing.T) {
	never := map[string]tyg.TriggerFunc{
		"SQS":         trigger.SQS(func(context.Context, trigger.Message) error { return nil }),
		"DynamoDB":    trigger.DynamoDB(func(context.Context, trigger.Change) error { return nil }),
		"SNS":         trigger.SNS(func(context.Context, trigger.Notification) error { return nil }),
		"EventBridge": trigger.EventBridge(func(context.Context, trigger.Event) error { return nil }),
		"HTTP":        trigger.HTTP(http.NotFoundHandler()),
		"JSON":        trigger.JSON(func(context.Context, []int) (int, error) { return 0, nil }),
	}
	for name, fn := range never {
		for _, event := range []string{
			`{"Records":[{"eventSource":"aws:kinesis"}]}`, `{"Records":[]}`, `{}`, `"text"`, `nonsense`,
		} {
			if _, err := fn(t.Context(), json.RawMessage(event)); err == nil {
				t.Errorf("%s takes %s", name, event)
			}
		}
	}
}

func TestJSONTakesTypesOfAWS(t *testing.T) {
	fn := trigger.JSON(func(_ context.Context, e events.CloudWatchEvent) (string, error) {
		return e.Source, errDown
	})
	if _, err := fn(t.Context(), json.RawMessage(`{"source":"s"}`)); !errors.Is(err, errDown) {
		t.Errorf("error is %v", err)
	}
}
