package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Notification is one message of an SNS topic.
type Notification struct {
	ID       string
	Subject  string // may be empty
	Message  string
	Time     time.Time
	TopicARN string

	Attributes map[string]string
}

// SNS returns a handler that calls fn for each notification. If fn fails, so does the invocation,
// and Lambda tries twice more, after one minute and two.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html)
func SNS(fn func(context.Context, Notification) error) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		list, err := records(event, "aws:sns", func(r snsRecord) string { return r.EventSource })
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, r := range list { // SNS sends one; the form allows more
			errs = append(errs, fn(ctx, r.notification()))
		}
		return nil, errors.Join(errs...)
	}
}

type snsRecord struct {
	EventSource string `json:"EventSource"`
	Sns         struct {
		MessageID         string    `json:"MessageId"`
		Subject           string    `json:"Subject"`
		Message           string    `json:"Message"`
		Timestamp         time.Time `json:"Timestamp"`
		TopicARN          string    `json:"TopicArn"`
		MessageAttributes map[string]struct{ Value string }
	} `json:"Sns"`
}

func (r snsRecord) notification() Notification {
	n := Notification{
		ID: r.Sns.MessageID, Subject: r.Sns.Subject, Message: r.Sns.Message, Time: r.Sns.Timestamp,
		TopicARN: r.Sns.TopicARN, Attributes: make(map[string]string),
	}
	for name, a := range r.Sns.MessageAttributes {
		n.Attributes[name] = a.Value
	}
	return n
}
