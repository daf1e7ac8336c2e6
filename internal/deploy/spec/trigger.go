package spec

import (
	"slices"
	"strings"
)

// A TriggerSource is a kind of source of events.
type TriggerSource string

// The sources of events.
const (
	SQS         TriggerSource = "sqs"
	DynamoDB    TriggerSource = "dynamodb" // the stream of a table
	Schedule    TriggerSource = "schedule"
	EventBridge TriggerSource = "eventbridge"
	SNS         TriggerSource = "sns"
	HTTP        TriggerSource = "http" // a function URL
)

// A Trigger leads events of a source to the function of its name. The source exists; only rules,
// mappings, subscriptions and URLs are made.
type Trigger struct {
	Name   string // of the function, too
	Source TriggerSource

	// From is the name or the ARN of a queue, a topic or a bus, the ARN of a stream, or the expression
	// of a schedule. A stream may be named by its table: one of [Application.Tables] by its logical
	// name, or another one.
	From string

	// Table is the name on AWS of the table that From has named. [Application.At] sets it, and From is
	// then empty until the stream is known.
	Table string

	// Filter is a pattern in JSON that events must match; empty: all. A bus needs one.
	Filter string

	BatchSize   int // of a queue or stream; 0: Lambda's default, or what it is
	Window      int // for how many seconds a batch is collected; less than 0: the same
	Concurrency int // batches of a queue at a time; 0: no limit, or what it is

	// Oldest begins a stream with what it has, and not with what comes.
	Oldest bool

	// Public lets all clients request the URL. Otherwise requests must be signed, by a caller whose
	// policy allows it.
	Public bool
}

// Batched reports whether Lambda polls the source.
func (t Trigger) Batched() bool { return t.Source == SQS || t.Source == DynamoDB }

// Ruled reports whether a rule of EventBridge calls the function.
func (t Trigger) Ruled() bool { return t.Source == Schedule || t.Source == EventBridge }

// ARN returns the ARN of the queue, stream or topic.
func (t Trigger) ARN(account Account) string {
	if strings.HasPrefix(t.From, "arn:") {
		return t.From
	}
	return account.ARN(string(t.Source), t.From)
}

// At returns the application with the ARNs of the queues and topics that it names, in an account.
func (a Application) At(account Account) Application {
	a.Triggers = slices.Clone(a.Triggers)
	for i, t := range a.Triggers {
		if name := a.StreamTable(t); name != "" {
			a.Triggers[i].Table, a.Triggers[i].From = name, ""
		} else if t.Table == "" && (t.Batched() || t.Source == SNS) {
			a.Triggers[i].From = t.ARN(account)
		}
	}
	return a
}

// StreamTable returns the name on AWS of the table by which a trigger names its stream, "" for all
// other triggers.
func (a Application) StreamTable(t Trigger) string {
	if t.Source != DynamoDB || t.From == "" || strings.HasPrefix(t.From, "arn:") {
		return ""
	}
	for _, table := range a.Tables {
		if table.LogicalName == t.From {
			return table.Name
		}
	}
	return t.From
}

// Table returns the table of a name on AWS, nil if the application has none.
func (a Application) Table(name string) *Table {
	i := slices.IndexFunc(a.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &a.Tables[i]
}

// defaultBus is the bus that each account has.
const defaultBus = "default"

// Bus returns the name of the bus of a rule.
func (t Trigger) Bus() string {
	if t.Source == Schedule || t.From == "" {
		return defaultBus
	}
	_, name, ok := strings.Cut(t.From, ":event-bus/")
	if !ok {
		return t.From
	}
	return name
}

// RuleName returns the name of the rule of a trigger.
func (a Application) RuleName(t Trigger) string { return a.FunctionName(t.Name) }

// RuleARN returns the ARN of the rule of a trigger.
func (a Application) RuleARN(account Account, t Trigger) string {
	if t.Bus() == defaultBus {
		return account.ARN("events", "rule/"+a.RuleName(t))
	}
	return account.ARN("events", "rule/"+t.Bus()+"/"+a.RuleName(t))
}

// Trigger returns the trigger of a function, if it has one.
func (a Application) Trigger(logical string) (Trigger, bool) {
	i := slices.IndexFunc(a.Triggers, func(t Trigger) bool { return t.Name == logical })
	if i < 0 {
		return Trigger{}, false
	}
	return a.Triggers[i], true
}

// actions returns what the role of a function needs for Lambda to poll a source.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions,
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)
func (t Trigger) actions() []string {
	switch t.Source {
	case SQS:
		return []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
	case DynamoDB:
		return []string{
			"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
			"dynamodb:ListStreams",
		}
	}
	return nil
}

// readable returns what the actions are on: a queue, or the streams of a table, because listing
// them is an action on all of them.
func (t Trigger) readable(account Account) string {
	if t.Table != "" {
		return account.ARN("dynamodb", "table/"+t.Table+"/stream/*")
	}
	arn := t.ARN(account)
	if table, _, ok := strings.Cut(arn, "/stream/"); ok {
		return table + "/stream/*"
	}
	return arn
}

// What the condition of a [Grant] for a function URL is about.
const (
	URLAuth   = "NONE"    // requests without a signature
	URLInvoke = "via URL" // calls by the URL only
)

// A NamedGrant is a Grant and the id of its statement.
type NamedGrant struct {
	ID string
	Grant
}

// Grants returns who may call a function: the API if it does, and its trigger. The id of the API
// may not be known; the number of grants and their order do not depend on it.
func (a Application) Grants(account Account, logical, apiID string) []NamedGrant {
	var all []NamedGrant
	add := func(id string, g Grant) { all = append(all, NamedGrant{id, g}) }
	if a.Calls(logical) {
		add(account.APIGrant(apiID))
	}
	t, ok := a.Trigger(logical)
	const invoke = "lambda:InvokeFunction"
	switch {
	case !ok:
	case t.Ruled():
		add(GrantPrefix+"rule", Grant{
			Principal: "events.amazonaws.com", Action: invoke, Source: a.RuleARN(account, t),
		})
	case t.Source == SNS:
		add(GrantPrefix+"topic", Grant{
			Principal: "sns.amazonaws.com", Action: invoke, Source: t.ARN(account),
		})
	case t.Source == HTTP && t.Public:
		// Since October 2025 a URL needs both.
		// (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html)
		add(GrantPrefix+"url", Grant{Principal: "*", Action: "lambda:InvokeFunctionUrl", URL: URLAuth})
		add(GrantPrefix+"url-invoke", Grant{Principal: "*", Action: invoke, URL: URLInvoke})
	}
	return all
}
