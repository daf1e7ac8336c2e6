package awstest_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

const (
	invalid   = "InvalidParameterValueException"
	functionF = "arn:aws:lambda:" + awstest.Region + ":" + awstest.Account + ":function:f"
)

// readable lets the function f read queues and streams.
func (a *account) readable() {
	a.t.Helper()
	a.do("iam PutRolePolicy", in{
		"RoleName": "echo", "PolicyName": "p", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{
			"Effect":"Allow","Action":["sqs:*","dynamodb:*"],"Resource":"*"}]}`,
	})
}

func TestMappingsAreRefused(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	queue, stream := a.AddQueue("q", 0), a.AddStream("t")
	from := func(source string, more in) in {
		return with(in{"FunctionName": "f", "EventSourceArn": source}, more)
	}
	create := "lambda CreateEventSourceMapping"
	a.refused(create, from(queue, nil), invalid, "permissions to call ReceiveMessage on SQS")
	a.readable()
	a.refused(create, with(from(queue, nil), in{"FunctionName": "g"}), invalid, "does not exist")
	a.refused(create, from(queue+"2", nil), invalid, "NonExistentQueue")
	a.refused(create, from(stream, nil), invalid, "startingPosition")
	a.refused(create, from(queue, in{"StartingPosition": "LATEST"}), invalid, "not valid for SQS")
	a.refused(create, from(queue, in{"BatchSize": 11}), invalid, "Maximum batch window")
	a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Timeout": 31})
	a.refused(create, from(queue, nil), invalid, "30 seconds is less than Function timeout: 31")
	a.do(create, from(stream, in{"StartingPosition": "TRIM_HORIZON"}))
	a.refused(create, from(stream, in{"StartingPosition": "LATEST"}), "ResourceConflictException",
		"already exists")
}

// A mapping settles, survives its function, and is deleted in its own time.
func TestMappingSettles(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	a.readable()
	queue := a.AddQueue("q", 0)
	made := a.do("lambda CreateEventSourceMapping", in{
		"FunctionName": "f", "EventSourceArn": queue,
	})
	id := in{"UUID": made["UUID"]}
	if _, err := a.Consumer(queue); err == nil {
		t.Error("a mapping that is being created reads its queue")
	}
	a.refused("lambda DeleteEventSourceMapping", id, "ResourceInUseException", "in use")
	a.do("lambda GetEventSourceMapping", id)
	if batch, err := a.Consumer(queue); err != nil || batch.Function.Name != "f" {
		t.Errorf("the queue is read by %q, %v", batch.Function.Name, err)
	}
	a.do("lambda UpdateEventSourceMapping", with(id, in{"Enabled": false}))
	a.do("lambda GetEventSourceMapping", id)
	if _, err := a.Consumer(queue); err == nil {
		t.Error("a mapping that is disabled reads its queue")
	}
	a.do("lambda DeleteFunction", in{"FunctionName": "f"})
	if len(a.Resources()) != 2 { // the role and the mapping
		t.Errorf("there is %q", a.Resources())
	}
	a.do("lambda DeleteEventSourceMapping", id)
	if state := a.do("lambda GetEventSourceMapping", id)["State"]; state != "Deleting" {
		t.Errorf("the state is %v", state)
	}
	a.refused("lambda GetEventSourceMapping", id, "ResourceNotFoundException", "")
}

// All clients may request a URL only with both permissions.
func TestFunctionURLNeedsTwoPermissions(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	name := in{"FunctionName": "f"}
	a.refused("lambda GetFunctionUrlConfig", name, "ResourceNotFoundException", "")
	url := a.do("lambda CreateFunctionUrlConfig", with(name, in{"AuthType": "NONE"}))["FunctionUrl"]
	a.refused("lambda CreateFunctionUrlConfig", with(name, in{"AuthType": "NONE"}),
		"ResourceConflictException", "exists")
	reached := func() bool {
		_, err := a.AtURL(url.(string))
		return err == nil
	}
	grant := in{"FunctionName": "f", "Principal": "*"}
	a.refused("lambda AddPermission", with(grant, in{
		"StatementId": "x", "Action": "lambda:InvokeFunction", "FunctionUrlAuthType": "NONE",
	}), invalid, "only supported for lambda:InvokeFunctionUrl")
	a.do("lambda AddPermission", with(grant, in{
		"StatementId": "a", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE",
	}))
	if reached() {
		t.Error("a client gets in with one permission")
	}
	a.do("lambda AddPermission", with(grant, in{
		"StatementId": "b", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": true,
	}))
	if !reached() {
		t.Error("a client does not get in with both permissions")
	}
	a.do("lambda UpdateFunctionUrlConfig", with(name, in{"AuthType": "AWS_IAM"}))
	if reached() {
		t.Error("a client gets in without a signature")
	}
}

func TestRules(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	rule := in{"Name": "r", "ScheduleExpression": "rate(1 minute)"}
	for text, change := range map[string]in{
		"must be specified":         {"ScheduleExpression": nil},
		"ScheduleExpression is not": {"ScheduleExpression": "rate(1 minutes)"},
		"only on the default":       {"EventBusName": "other"},
	} {
		a.AddBus("other")
		a.refused("events PutRule", with(rule, change), "ValidationException", text)
	}
	a.refused("events PutRule", with(rule, in{"EventBusName": "nowhere"}),
		"ResourceNotFoundException", "does not exist")
	a.refused("events PutRule", in{"Name": "r", "EventPattern": "[]"},
		"InvalidEventPatternException", "")
	a.do("events PutRule", rule)
	a.do("events PutTargets", in{"Rule": "r", "Targets": []any{in{"Id": "1", "Arn": functionF}}})
	if _, err := a.Target("", "r"); err == nil {
		t.Error("the rule calls a function that does not permit it")
	}
	a.do("lambda AddPermission", in{
		"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
		"Principal": "events.amazonaws.com",
		"SourceArn": "arn:aws:events:" + awstest.Region + ":" + awstest.Account + ":rule/r",
	})
	if fn, err := a.Target("", "r"); err != nil || fn.Name != "f" {
		t.Errorf("the rule calls %q, %v", fn.Name, err)
	}
	a.refused("events DeleteRule", in{"Name": "r"}, "ValidationException", "has targets")
	a.do("events RemoveTargets", in{"Rule": "r", "Ids": []any{"1"}})
	a.do("events DeleteRule", in{"Name": "r"})
	a.do("events DeleteRule", in{"Name": "r"}) // is no error
	a.refused("events DescribeRule", in{"Name": "r"}, "ResourceNotFoundException", "")
}

func TestSubscriptions(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	topic := a.AddTopic("t")
	subscribe := in{
		"TopicArn": topic, "Protocol": "lambda", "Endpoint": functionF,
		"Attributes": in{"FilterPolicy": `{"a":["b"]}`},
	}
	a.refused("sns Subscribe", with(subscribe, in{"TopicArn": topic + "2"}), "NotFound", "Topic")
	a.refused("sns Subscribe", with(subscribe, in{"Attributes": in{"FilterPolicy": "["}}),
		"InvalidParameter", "failed to parse JSON")
	id := a.do("sns Subscribe", subscribe)["SubscriptionArn"]
	if again := a.do("sns Subscribe", subscribe)["SubscriptionArn"]; again != id {
		t.Errorf("a second subscription is %v, want %v", again, id)
	}
	a.refused("sns Subscribe", with(subscribe, in{"Attributes": in{}}), "InvalidParameter",
		"different attributes")
	if _, _, err := a.Subscriber(topic); err == nil {
		t.Error("the topic calls a function that does not permit it")
	}
	a.do("lambda AddPermission", in{
		"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
		"Principal": "sns.amazonaws.com", "SourceArn": topic,
	})
	fn, filter, err := a.Subscriber(topic)
	if err != nil || fn.Name != "f" || filter != `{"a":["b"]}` {
		t.Errorf("the topic calls %q with the filter %s, %v", fn.Name, filter, err)
	}
	a.do("sns SetSubscriptionAttributes", in{
		"SubscriptionArn": id, "AttributeName": "FilterPolicy", "AttributeValue": "{}",
	})
	if _, filter, _ := a.Subscriber(topic); filter != "" {
		t.Errorf("the filter is still %s", filter)
	}
	a.do("sns Unsubscribe", in{"SubscriptionArn": id})
	a.refused("sns GetSubscriptionAttributes", in{"SubscriptionArn": id}, "NotFound", "")
}
