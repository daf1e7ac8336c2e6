package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// mappingType is what makes a function get events of a stream or a queue.
const mappingType = "AWS::Lambda::EventSourceMapping"

// streamOf returns the ARN of the stream of a table.
func (s *stack) streamOf(table string) string {
	return "arn:aws:dynamodb:" + s.pseudo["AWS::Region"] + ":" + s.pseudo["AWS::AccountId"] +
		":table/" + table + "/stream/local"
}

// addSource adds a source of events of a function: a trigger of its name, which has one source.
func (b *builder) addSource(function string, t project.TriggerConfig) {
	if _, ok := b.result.Config.Triggers[function]; ok {
		_, source := t.Source()
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("function %s gets no events of %s here: it "+
			"has another source", function, source))
		return
	}
	if b.result.Config.Triggers == nil {
		b.result.Config.Triggers = make(map[string]project.TriggerConfig)
	}
	b.result.Config.Triggers[function] = t
}

// sourceOf returns the trigger that gets the events of an ARN: of the stream of a table, or of a
// queue. There is none for other sources.
func sourceOf(arn, batch string) (t project.TriggerConfig, ok bool) {
	t.BatchSize, _ = strconv.Atoi(batch) // 0 is the default
	switch {
	case strings.HasPrefix(arn, "arn:aws:dynamodb:") && strings.Contains(arn, "/stream/"):
		t.DynamoDB = arn
	case strings.HasPrefix(arn, "arn:aws:sqs:"):
		t.SQS = arn
	default:
		return t, false
	}
	return t, true
}

// addMapping adds what an event source mapping of CloudFormation leads to a function.
func (b *builder) addMapping(properties *yaml.Node) {
	if function := b.functionIn(member(properties, "FunctionName"), 0); function != "" {
		b.addARN(function, member(properties, "EventSourceArn"), member(properties, "BatchSize"))
	}
}

func (b *builder) addARN(function string, at, size *yaml.Node) {
	arn, err := b.text(at)
	if err != nil {
		b.missSource(function, err)
		return
	}
	batch, _ := b.text(size) // the default is not far from any other
	if t, ok := sourceOf(arn, batch); ok {
		b.addSource(function, t)
	}
}

// missSource notes a source that is not known here. The function runs all the same.
func (b *builder) missSource(function string, err error) {
	b.result.Notes = append(b.result.Notes, fmt.Sprintf("function %s misses a source of events: %v",
		function, err))
}

// addSAMEvents adds the sources of events that a function of SAM has.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html)
func (b *builder) addSAMEvents(function string, events *yaml.Node) {
	_ = members(events, func(_ string, event *yaml.Node) error { // which returns none
		how := member(event, "Properties")
		switch value(event, "Type") {
		case "DynamoDB":
			b.addARN(function, member(how, "Stream"), member(how, "BatchSize"))
		case "SQS":
			b.addARN(function, member(how, "Queue"), member(how, "BatchSize"))
		case "Schedule", "ScheduleV2":
			b.noteSchedule(function)
		case "SNS":
			b.addTopic(function, member(how, "Topic"))
		case "": // the template is wrong, which deploying it says
		default:
			b.noteEvent(function, value(event, "Type"))
		}
		return nil
	})
}

// addServerlessEvent adds a source of events of the Serverless Framework, by its key.
// (https://www.serverless.com/framework/docs/providers/aws/guide/events)
func (b *builder) addServerlessEvent(function, kind string, how *yaml.Node) error {
	arn := how
	if how.Kind == yaml.MappingNode && !isIntrinsic(how) {
		arn = member(how, "arn")
	}
	switch kind {
	case "websocket":
		return b.addEvent(function, how)
	case "stream", "sqs":
		b.addARN(function, arn, member(how, "batchSize"))
	case "schedule":
		b.noteSchedule(function)
	case "sns":
		b.addTopic(function, arn)
	default:
		b.noteEvent(function, kind)
	}
	return nil
}

// noteEvent says how to call a function that something else on AWS calls, such as an HTTP API.
func (b *builder) noteEvent(function, kind string) {
	note := fmt.Sprintf("function %s gets no events of the kind %s here; call it by: "+
		"tyg invoke --local --name %[1]s", function, kind)
	if !slices.Contains(b.result.Notes, note) {
		b.result.Notes = append(b.result.Notes, note)
	}
}

// noteSchedule says how to call a function that AWS calls by the clock. It is not called so here,
// where it might work on what is on AWS.
func (b *builder) noteSchedule(function string) {
	b.result.Notes = append(b.result.Notes, fmt.Sprintf("function %s has a schedule, which does not "+
		"run here; call it by: tyg invoke --local --name %[1]s --scheduled", function))
}

func (b *builder) addTopic(function string, at *yaml.Node) {
	if text, err := b.text(at); err != nil {
		b.missSource(function, err)
	} else if text != "" {
		b.addSource(function, project.TriggerConfig{SNS: text})
	}
}
