package project

import (
	"strings"
	"testing"
)

func TestTriggersThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		`{"triggers": {"a": {}}}`:                                     "triggers.a: it has no source;",
		`{"triggers": {"a": {"sqs": "q", "sns": "t"}}}`:               "it has sns and sqs;",
		`{"triggers": {"1": {"sqs": "q"}}}`:                           "a name has a letter",
		`{"triggers": {"websocket_a": {"sqs": "q"}}}`:                 "does not begin with websocket",
		`{"triggers": {"a": {"http": "all"}}}`:                        "public",
		`{"triggers": {"a": {"sqs": "q", "batch_size": 10001}}}`:      "10000",
		`{"triggers": {"a": {"sqs": "q", "batchsize": 1}}}`:           "batch_size",
		`{"triggers": {"a": {"sqs": "q", "filter": "x"}}}`:            "filter",
		`{"stages": {"p": {"triggers": {"a": {"http": 1}}}}}`:         "http",
		`{"triggers":{"a":{"sns":"q","starting_position":"LATEST"}}}`: "is for dynamodb",
	} {
		if _, err := ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
}

func TestTriggerHasASource(t *testing.T) {
	c, err := ParseConfig([]byte(`{
		"triggers": {
			"jobs": {"sqs": "q", "filter": {"body": {"n": [1.5, {"exists": true}]}}},
			"hook": {"http": "public"}
		},
		"stages": {"prod": {"triggers": {"jobs": {"sqs": "prod-q"}}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	dev, prod := c.At("dev").Triggers, c.At("prod").Triggers
	key, value := dev["jobs"].Source()
	const pattern = `{"body":{"n":[1.5,{"exists":true}]}}`
	if key != "sqs" || value != "q" || dev["jobs"].Pattern() != pattern {
		t.Errorf("jobs is %+v", dev["jobs"])
	}
	if _, value := prod["jobs"].Source(); value != "prod-q" || prod["hook"].HTTP != "public" {
		t.Errorf("in prod the triggers are %+v", prod)
	}
}
