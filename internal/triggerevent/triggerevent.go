// Package triggerevent makes the events that AWS Lambda hands to the functions of triggers, of what
// a user types or a client requests.
package triggerevent

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Place is where events say that they come from.
type Place struct {
	Region, AccountID string
}

// ARN returns the ARN of a resource that is given by its name or its ARN.
func (p Place) ARN(service, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, p.Region, p.AccountID, name)
}

type object = map[string]any

// SQS returns a batch of messages of a queue.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html)
func SQS(p Place, queue string, bodies []string, at time.Time) []byte {
	var records []object
	ms := strconv.FormatInt(at.UnixMilli(), 10)
	for _, body := range bodies {
		sum := md5.Sum([]byte(body)) // SQS's own checksum
		attributes := object{
			"ApproximateReceiveCount": "1", "SentTimestamp": ms,
			"ApproximateFirstReceiveTimestamp": ms, "SenderId": p.AccountID,
		}
		if strings.HasSuffix(queue, ".fifo") {
			attributes["MessageGroupId"], attributes["SequenceNumber"] = "local", ms
			attributes["MessageDeduplicationId"] = hex.EncodeToString(sum[:])
		}
		records = append(records, object{
			"messageId": newID(), "receiptHandle": rand.Text(), "body": body, "attributes": attributes,
			"messageAttributes": object{}, "md5OfBody": hex.EncodeToString(sum[:]),
			"eventSource": "aws:sqs", "eventSourceARN": p.ARN("sqs", queue), "awsRegion": p.Region,
		})
	}
	return encode(object{"Records": records})
}

// SNS returns a notification of a topic.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html)
func SNS(p Place, topic, message string, at time.Time) []byte {
	arn := p.ARN("sns", topic)
	return encode(object{"Records": []object{{
		"EventVersion": "1.0", "EventSource": "aws:sns", "EventSubscriptionArn": arn + ":" + newID(),
		"Sns": object{
			"Type": "Notification", "MessageId": newID(), "TopicArn": arn, "Subject": nil,
			"Message": message, "Timestamp": at.UTC().Format("2006-01-02T15:04:05.000Z"),
			"SignatureVersion": "1", "Signature": "EXAMPLE", "SigningCertUrl": "EXAMPLE",
			"UnsubscribeUrl": "EXAMPLE", "MessageAttributes": object{},
		},
	}}})
}

// Scheduled returns what a rule with a schedule sends.
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html)
func Scheduled(p Place, rule string, at time.Time) []byte {
	return encode(object{
		"version": "0", "id": newID(), "detail-type": "Scheduled Event", "source": "aws.events",
		"account": p.AccountID, "time": at.UTC().Format(time.RFC3339), "region": p.Region,
		"resources": []string{p.ARN("events", "rule/"+rule)}, "detail": object{},
	})
}

// Failures returns which records a handler wants again, by the reply to a batch. An id that is
// empty means all of them, as AWS takes it.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
func Failures(reply []byte) []string {
	var r struct {
		Items []struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	_ = json.Unmarshal(reply, &r) // another reply has none
	var ids []string
	for _, item := range r.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

func encode(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers
	}
	return out
}

// newID returns a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
