// Package sns is the subscriptions of SNS in memory. Topics exist; nothing is published.
package sns

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what SNS keeps.
type State struct {
	*account.Account

	functions     *lambda.State
	topics        map[string]bool          // by ARN
	subscriptions map[string]*subscription // by ARN
}

// A subscription sends what is published in a topic to a function.
type subscription struct {
	arn, topic, endpoint string
	attributes           map[string]string
}

// New returns the state of an empty account.
func New(a *account.Account, functions *lambda.State) *State {
	return &State{
		Account: a, functions: functions, topics: make(map[string]bool),
		subscriptions: make(map[string]*subscription),
	}
}

// AddTopic makes a topic exist.
func (s *State) AddTopic(arn string) { s.topics[arn] = true }

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"Subscribe":                 s.subscribe,
		"Unsubscribe":               s.unsubscribe,
		"ListSubscriptionsByTopic":  s.list,
		"GetSubscriptionAttributes": s.get,
		"SetSubscriptionAttributes": s.set,
	}
}

// Resources names all subscriptions.
func (s *State) Resources() []string {
	var all []string
	for _, sub := range s.subscriptions {
		all = append(all, "sns subscription "+sub.topic+" "+sub.endpoint)
	}
	return all
}

func notFound(what string) error {
	return wire.Fail(http.StatusNotFound, "NotFound", "%s does not exist", what)
}

func invalid(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+format, args...)
}

// subscribe subscribes a function. A subscription that exists is returned, if it has the same
// attributes. (https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html)
func (s *State) subscribe(in wire.Params) (map[string]any, error) {
	topic, endpoint := in.Str("TopicArn"), in.Str("Endpoint")
	switch {
	case !s.topics[topic]:
		return nil, notFound("Topic")
	case in.Str("Protocol") != "lambda":
		return nil, wire.Unserved("protocol " + in.Str("Protocol"))
	case !strings.HasPrefix(endpoint, "arn:aws:lambda:"):
		return nil, invalid("Lambda endpoint ARN")
	}
	attributes := in.StrMap("Attributes")
	for name, value := range attributes {
		if err := checkAttribute(name, value); err != nil {
			return nil, err
		}
	}
	for _, sub := range s.subscriptions {
		if sub.topic != topic || sub.endpoint != endpoint {
			continue
		}
		if !maps.Equal(sub.attributes, attributes) {
			return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
		}
		return map[string]any{"SubscriptionArn": sub.arn}, nil
	}
	arn := topic + ":" + s.NewUUID()
	s.subscriptions[arn] = &subscription{arn, topic, endpoint, attributes}
	return map[string]any{"SubscriptionArn": arn}, nil
}

func checkAttribute(name, value string) error {
	switch name {
	case "FilterPolicy":
		var policy map[string]any
		if value != "" && json.Unmarshal([]byte(value), &policy) != nil {
			return invalid("FilterPolicy: failed to parse JSON.")
		}
	case "FilterPolicyScope":
		if value != "MessageAttributes" && value != "MessageBody" {
			return invalid("FilterPolicyScope: Invalid value [%s].", value)
		}
	default:
		return wire.Unserved("attribute " + name)
	}
	return nil
}

// unsubscribe ends a subscription. One that does not exist is no error.
func (s *State) unsubscribe(in wire.Params) (map[string]any, error) {
	delete(s.subscriptions, in.Str("SubscriptionArn"))
	return nil, nil
}

func (s *State) list(in wire.Params) (map[string]any, error) {
	topic := in.Str("TopicArn")
	if !s.topics[topic] {
		return nil, notFound("Topic")
	}
	var arns []string
	for _, sub := range s.subscriptions {
		if sub.topic == topic {
			arns = append(arns, sub.arn)
		}
	}
	slices.Sort(arns)
	page, next := account.PageOfStrings(s.Account, arns, 0, in.Str("NextToken"))
	list := []any{}
	for _, arn := range page {
		list = append(list, map[string]any{
			"SubscriptionArn": arn, "TopicArn": topic, "Endpoint": s.subscriptions[arn].endpoint,
			"Protocol": "lambda", "Owner": account.ID,
		})
	}
	return wire.WithNext(map[string]any{"Subscriptions": list}, "NextToken", next), nil
}

func (s *State) get(in wire.Params) (map[string]any, error) {
	sub := s.subscriptions[in.Str("SubscriptionArn")]
	if sub == nil {
		return nil, notFound("Subscription")
	}
	all := map[string]any{
		"SubscriptionArn": sub.arn, "TopicArn": sub.topic, "Endpoint": sub.endpoint,
		"Protocol": "lambda", "Owner": account.ID, "PendingConfirmation": "false",
	}
	for name, value := range sub.attributes {
		all[name] = value
	}
	return map[string]any{"Attributes": all}, nil
}

func (s *State) set(in wire.Params) (map[string]any, error) {
	sub := s.subscriptions[in.Str("SubscriptionArn")]
	if sub == nil {
		return nil, notFound("Subscription")
	}
	name, value := in.Str("AttributeName"), in.Str("AttributeValue")
	if err := checkAttribute(name, value); err != nil {
		return nil, err
	}
	sub.attributes[name] = value
	if name == "FilterPolicy" && (value == "" || value == "{}") {
		delete(sub.attributes, name)
	}
	return nil, nil
}

// Subscriber returns the function that a topic calls, and its filter policy. It is an error if
// there is none, or the topic may not call it.
func (s *State) Subscriber(topic string) (f lambda.Function, filter string, err error) {
	for _, sub := range s.subscriptions {
		if sub.topic == topic {
			f, err := s.functions.InvocableBy("sns.amazonaws.com", sub.endpoint, topic)
			return f, sub.attributes["FilterPolicy"], err
		}
	}
	return f, "", fmt.Errorf("nothing is subscribed to %s", topic)
}
