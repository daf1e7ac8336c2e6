package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
)

// A TriggerConfig says where the events of a trigger come from: exactly one of its first fields is
// set.
type TriggerConfig struct {
	SQS         string `json:"sqs"`         // name or ARN of a queue
	DynamoDB    string `json:"dynamodb"`    // a table with a stream, or the ARN of its stream
	Schedule    string `json:"schedule"`    // rate(…) or cron(…)
	EventBridge string `json:"eventbridge"` // name or ARN of a bus
	SNS         string `json:"sns"`         // name or ARN of a topic
	HTTP        string `json:"http" allow:"public|iam"`

	Filter      map[string]any `json:"filter"`
	BatchSize   int            `json:"batch_size" allow:"1..10000"`
	Window      *int           `json:"maximum_batching_window_in_seconds" allow:"0..300"`
	Concurrency int            `json:"maximum_concurrency" allow:"2..1000"`
	Start       string         `json:"starting_position" allow:"LATEST|TRIM_HORIZON"`
}

// Source returns the key of the source that a trigger has, and its value.
func (t TriggerConfig) Source() (key, value string) {
	for key, value := range t.sources() {
		if value != "" {
			return key, value
		}
	}
	return "", ""
}

func (t TriggerConfig) sources() map[string]string {
	return map[string]string{
		"sqs": t.SQS, "dynamodb": t.DynamoDB, "schedule": t.Schedule, "eventbridge": t.EventBridge,
		"sns": t.SNS, "http": t.HTTP,
	}
}

// Pattern returns the filter as JSON, empty if there is none.
func (t TriggerConfig) Pattern() string {
	if len(t.Filter) == 0 {
		return ""
	}
	text, _ := json.Marshal(t.Filter) // it was JSON
	return string(text)
}

// checkTriggers reports the first trigger that cannot be.
func checkTriggers(triggers map[string]TriggerConfig) error {
	for _, name := range slices.Sorted(maps.Keys(triggers)) {
		if err := triggers[name].check(name); err != nil {
			return keyError("triggers."+name, err)
		}
	}
	return nil
}

func (t TriggerConfig) check(name string) error {
	if !tyg.ValidTriggerName(name) {
		return errors.New("a name has a letter, then letters, digits, - and _, 32 at most, and does " +
			"not begin with websocket")
	}
	all := t.sources()
	var given []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if all[key] != "" {
			given = append(given, key)
		}
	}
	switch {
	case len(given) == 0:
		return fmt.Errorf("it has no source; give one of %s",
			strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	case len(given) > 1:
		return fmt.Errorf("it has %s; a trigger has one source", strings.Join(given, " and "))
	case t.Start != "" && t.DynamoDB == "":
		return errors.New("starting_position is for dynamodb")
	}
	return nil
}
