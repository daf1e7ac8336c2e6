// Package trigger makes handlers for the events that reach an application from other places than
// its connections: queues, streams, schedules, buses, topics and HTTP. They push to clients by the
// application's Sender and groups.
//
//	app := tyg.New("shop")
//	app.OnTrigger("orders", trigger.SQS(func(ctx context.Context, m trigger.Message) error {
//		return app.Group("kitchen").Send(ctx, []byte(m.Body))
//	}))
//
// The configuration says where the events come from, under the same name, see docs/triggers.md:
//
//	"triggers": {"orders": {"sqs": "orders"}}
//
// "tyg deploy" makes of each trigger a Lambda function of its own, which runs the same program, and
// connects it to its source. "tyg local" calls the handler by "tyg invoke --local", schedules by
// the clock, HTTP on a port.
//
// The events have the JSON that AWS Lambda documents. What is not in the types here is in the JSON
// itself: [JSON] decodes it to any type, also to those of github.com/aws/aws-lambda-go/events,
// which then is a dependency of the application and not of tyg.
//
// # Twice, and in parts
//
// Queues, streams, buses and topics deliver at least once: a handler must bear the same event
// again. Of a batch, [SQS] and [DynamoDB] report what has failed, and Lambda delivers only that
// again; this is why "tyg deploy" sets ReportBatchItemFailures.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
package trigger
