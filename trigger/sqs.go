package trigger

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Message is one message of an SQS queue.
type Message struct {
	ID   string
	Body string

	// Group is the message group, by which a FIFO queue orders. Empty for other queues.
	Group string

	// Received is how often the message was delivered, this time included.
	Received int

	Sent     time.Time
	QueueARN string

	// Attributes are those that the sender has set. Binary ones are in Base64.
	Attributes map[string]string
}

// SQS returns a handler that calls fn for each message of a batch, one after the other. A message
// for which fn fails or panics is logged and delivered again, when the visibility timeout of the
// queue has passed; the others of the batch are done. When the context has ended, the rest of the
// batch counts as failed. In a FIFO queue so do later messages of a group in which one has failed.
// Without a dead-letter queue, a message that always fails returns until it expires.
func SQS(fn func(context.Context, Message) error) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		list, err := records(event, "aws:sqs", func(r sqsRecord) string { return r.EventSource })
		if err != nil {
			return nil, err
		}
		failed := failures{Items: []failedItem{}}
		stuck := make(map[string]bool) // by group
		for _, r := range list {
			m := r.message()
			if ctx.Err() == nil && (m.Group == "" || !stuck[m.Group]) &&
				try(ctx, m.ID, func() error { return fn(ctx, m) }) {
				continue
			}
			failed.add(m.ID)
			stuck[m.Group] = true
		}
		return failed, nil
	}
}

// sqsRecord is a record as Lambda has it.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html)
type sqsRecord struct {
	MessageID         string                  `json:"messageId"`
	Body              string                  `json:"body"`
	Attributes        map[string]string       `json:"attributes"`
	MessageAttributes map[string]sqsAttribute `json:"messageAttributes"`
	EventSource       string                  `json:"eventSource"`
	EventSourceARN    string                  `json:"eventSourceARN"`
}

type sqsAttribute struct {
	StringValue *string `json:"stringValue"`
	BinaryValue string  `json:"binaryValue"`
}

func (r sqsRecord) message() Message {
	m := Message{
		ID: r.MessageID, Body: r.Body, Group: r.Attributes["MessageGroupId"], QueueARN: r.EventSourceARN,
		Attributes: make(map[string]string, len(r.MessageAttributes)),
	}
	m.Received, _ = strconv.Atoi(r.Attributes["ApproximateReceiveCount"])
	if ms, err := strconv.ParseInt(r.Attributes["SentTimestamp"], 10, 64); err == nil {
		m.Sent = time.UnixMilli(ms)
	}
	for name, a := range r.MessageAttributes {
		m.Attributes[name] = a.BinaryValue
		if a.StringValue != nil {
			m.Attributes[name] = *a.StringValue
		}
	}
	return m
}
