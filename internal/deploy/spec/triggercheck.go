package spec

import (
	"encoding/json"
)

// The limits of event source mappings.
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html)
const (
	maxBatch      = 10_000
	maxFIFOBatch  = 10
	plainBatch    = 10 // which needs no window
	maxWindow     = 300
	maxConcurrent = 1000
)

// Triggers checks the triggers of an application.
func (c *Checker) Triggers(a Application) {
	for _, t := range a.Triggers {
		of := "triggers." + t.Name
		c.Want(a.HasFunction(t.Name), "%s: there is no function of this name", of)
		c.triggerSource(t, of)
		if t.Filter != "" {
			var pattern map[string]any
			c.Want(json.Unmarshal([]byte(t.Filter), &pattern) == nil && len(pattern) > 0,
				"%s: filter %s is not a pattern: it must be a JSON object with a key", of, t.Filter)
			c.Want(t.Source != HTTP && t.Source != Schedule, "%s: %s has no filter", of, t.Source)
		}
		c.Want(t.Batched() || t.BatchSize == 0 && t.Window < 0,
			"%s: %s has no batches: leave out batch_size and maximum_batching_window_in_seconds",
			of, t.Source)
		c.Want(t.Source == SQS || t.Concurrency == 0, "%s: maximum_concurrency is for queues", of)
		c.Want(t.Concurrency == 0 || t.Concurrency >= 2 && t.Concurrency <= maxConcurrent,
			"%s: maximum_concurrency is %d: it must be 2 to %d", of, t.Concurrency, maxConcurrent)
		c.Want(t.Window <= maxWindow, "%s: maximum_batching_window_in_seconds is %d: at most %d",
			of, t.Window, maxWindow)
		c.batch(t, of)
	}
}

func (c *Checker) batch(t Trigger, of string) {
	c.Want(t.BatchSize >= 0 && t.BatchSize <= maxBatch, "%s: batch_size is %d: it must be 1 to %d",
		of, t.BatchSize, maxBatch)
	fifo := t.Source == SQS && Matches(`.*\.fifo`, t.From)
	c.Want(!fifo || t.BatchSize <= maxFIFOBatch && t.Window <= 0,
		"%s: a FIFO queue has batches of %d at most, and no maximum_batching_window_in_seconds",
		of, maxFIFOBatch)
	c.Want(t.Source != SQS || fifo || t.BatchSize <= plainBatch || t.Window > 0,
		"%s: batch_size %d needs maximum_batching_window_in_seconds, because it is over %d",
		of, t.BatchSize, plainBatch)
}

// The forms of names and ARNs.
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html,
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html)
const (
	queuePattern  = `(arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:)?[A-Za-z0-9_-]{1,80}(\.fifo)?`
	topicPattern  = `(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:)?[A-Za-z0-9_-]{1,256}(\.fifo)?`
	streamPattern = `arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]+/stream/[0-9T:.-]+`
	tablePattern  = `[A-Za-z0-9_.-]{1,255}`
	busPattern    = `(arn:[a-z-]+:events:[a-z0-9-]+:\d{12}:event-bus/)?[/.\-_A-Za-z0-9]{1,256}`
	ratePattern   = `rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)`
	cronPattern   = `cron\(\S+ \S+ \S+ \S+ \S+ \S+\)`
)

func (c *Checker) triggerSource(t Trigger, of string) {
	switch t.Source {
	case SQS:
		c.Want(Matches(queuePattern, t.From),
			"%s: sqs %q is neither the name nor the ARN of a queue", of, t.From)
	case SNS:
		c.Want(Matches(topicPattern, t.From),
			"%s: sns %q is neither the name nor the ARN of a topic", of, t.From)
	case DynamoDB:
		c.Want(t.Table != "" || Matches(streamPattern+"|"+tablePattern, t.From), "%s: dynamodb %q is "+
			"neither the name of a table nor the ARN of a stream, which \"aws dynamodb "+
			"describe-table\" prints as LatestStreamArn", of, t.From)
	case EventBridge:
		c.Want(Matches(busPattern, t.From),
			"%s: eventbridge %q is neither the name nor the ARN of a bus, such as default", of, t.From)
		c.Want(t.Filter != "", "%s: eventbridge needs a filter, such as {\"source\": [\"shop\"]}", of)
	case Schedule:
		c.Want(Matches(ratePattern+"|"+cronPattern, t.From), "%s: schedule %q is neither "+
			"rate(5 minutes), with a unit in the singular for 1, nor cron(0 3 * * ? *), in UTC", of, t.From)
	case HTTP:
	default:
		c.Want(false, "%s: there is no source %q", of, t.Source)
	}
}
