package awstest

import (
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
)

// A Batch is how Lambda reads a queue or a stream for a function.
type Batch = lambda.Batch

// AddQueue makes an SQS queue exist that is not the application's, and returns its ARN. visibility
// is its visibility timeout, 30 seconds for zero.
func (c *Cloud) AddQueue(name string, visibility time.Duration) string {
	arn := account.ARN("sqs", name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lambda.AddSource(lambda.Source{ARN: arn, Visibility: visibility})
	return arn
}

// AddStream makes the stream of a DynamoDB table exist that is not the application's.
func (c *Cloud) AddStream(table string) string {
	arn := account.ARN("dynamodb", "table/"+table+"/stream/2026-11-22T09:00:00.000")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lambda.AddSource(lambda.Source{ARN: arn})
	return arn
}

// AddTopic makes an SNS topic exist, and returns its ARN.
func (c *Cloud) AddTopic(name string) string {
	arn := account.ARN("sns", name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sns.AddTopic(arn)
	return arn
}

// AddBus makes an event bus exist.
func (c *Cloud) AddBus(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events.AddBus(name)
}

// Consumer returns what reads a queue or a stream. It is an error if there is nothing, or if Lambda
// could not read it or call the function.
func (c *Cloud) Consumer(source string) (Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lambda.Consumer(source)
}

// Target returns the function that a rule calls, on the default bus if bus is empty.
func (c *Cloud) Target(bus, rule string) (Function, error) {
	if bus == "" {
		bus = "default"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events.Target(bus, rule)
}

// Subscriber returns the function that a topic calls, and its filter policy.
func (c *Cloud) Subscriber(topic string) (f Function, filter string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sns.Subscriber(topic)
}

// AtURL returns the function of a function URL, which must let all clients in.
func (c *Cloud) AtURL(url string) (Function, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lambda.AtURL(strings.TrimSuffix(url, "/") + "/")
}
