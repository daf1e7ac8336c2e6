package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// TestExampleIsAConfiguration: the example of the page is one, without a key that is missed by
// tyg gateway but for the tables.
func TestExampleIsAConfiguration(t *testing.T) {
	c, err := project.ParseConfig([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if c.App == "" || len(c.Stages) != 2 {
		t.Errorf("the example is %+v", c)
	}
}

// TestSchemaAgreesWithTheParser judges the same texts by both.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	v := validator{root: s}
	for _, config := range []string{
		Example, string(project.NewConfig("chat", "demo")), `{}`, `{"$schema": "./schema.json"}`,
		`{"app_nam": "a"}`, `{"stages": {"dev": {"limits": {"idle": "10m", "frame": 3}}}}`,
		`{"stages": {"dev": {"limits": {"idle": 10}}}}`, `{"stages": {"dev": {"stages": {}}}}`,
		`{"lambda_functions": {"f": {"command": ["a"], "lambda_timeout": 3}}}`,
		`{"lambda_functions": {"f": {"lambda_timeout": 901}}}`,
		`{"lambda_functions": {"f": {"dir": "a"}}}`,
		`{"lambda_architecture": "amd64"}`, `{"api_gateway_stage": "a/b"}`, `{"drain": "soon"}`,
		`{"drain": "1m30s"}`, `{"drain": "0s"}`, `{"throttling": {"rate_limit": 0.5}}`,
		`{"throttling": {"burst_limit": 0.5}}`, `{"environment_variables": {"A": 1}}`,
		`{"connections_keys": [{"access_key_id": "a", "secret_env": "B"}]}`,
		`{"connections_keys": [{"secret": "b"}]}`,
		`{"routes": {"a": {"function": "f", "response": true}}}`,
		`{"routes": {"a": {"command": ["f"]}}}`, `{"admin": {"off": "yes"}}`, `[]`,
		`{"policy_statements": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["a", "b"]}]}`,
		`{"policy_statements": [{"Effect": "Maybe", "Action": "s3:*", "Resource": "*"}]}`,
		`{"policy_statements": [{"Effect": "Deny", "Action": 1, "Resource": "*"}]}`,
		`{"policy_statements": [{"Principal": "*"}]}`,
		`{"connect": {"authorization": "iam", "api_key_required": true}}`,
		`{"connect": {"authorizer": {"arn": "a"}}}`,
		`{"extensions": {"binary": false, "ping": "-1s"}}`, `{"tables": {"a": {"partition_key": "PK"}}}`,
	} {
		var value any
		if err := json.Unmarshal([]byte(config), &value); err != nil {
			t.Fatal(err)
		}
		_, parsed := project.ParseConfig([]byte(config))
		judged := v.check(s, value, "")
		if strings.Contains(config, `"-1s"`) {
			continue // a pattern is no range
		}
		if (parsed == nil) != (judged == nil) {
			t.Errorf("%s: the parser says %v, the schema %v", config, parsed, judged)
		}
	}
}

// A validator knows the part of JSON Schema that Schema uses.
type validator struct{ root map[string]any }

func (v validator) check(s map[string]any, value any, path string) error {
	if ref, ok := s["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/definitions/")
		return v.check(s2(v.root["definitions"], name), value, path)
	}
	wrong := fmt.Errorf("%s: %v is no %v", path, value, s["type"])
	if types, ok := s["type"].([]any); ok { // one of several
		for _, one := range types {
			this := maps.Clone(s)
			this["type"] = one
			if v.check(this, value, path) == nil {
				return nil
			}
		}
		return wrong
	}
	switch s["type"] {
	case "object":
		o, ok := value.(map[string]any)
		if !ok {
			return wrong
		}
		for key, below := range o {
			next, ok := s2(s["properties"], key), true
			if next == nil {
				next, ok = s["additionalProperties"].(map[string]any)
			}
			if !ok {
				return fmt.Errorf("%s: there is no key %s", path, key)
			}
			if err := v.check(next, below, path+"."+key); err != nil {
				return err
			}
		}
	case "array":
		list, ok := value.([]any)
		if !ok {
			return wrong
		}
		for _, e := range list {
			if err := v.check(s["items"].(map[string]any), e, path+"[]"); err != nil {
				return err
			}
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			return wrong
		}
	case "string":
		return checkText(s, value, wrong)
	default:
		return checkNumber(s, value, wrong)
	}
	return nil
}

// s2 returns an object in an object, or nil.
func s2(of any, key string) map[string]any {
	o, _ := of.(map[string]any)
	below, _ := o[key].(map[string]any)
	return below
}

func checkText(s map[string]any, value any, wrong error) error {
	text, ok := value.(string)
	if !ok {
		return wrong
	}
	if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(text) {
		return wrong
	}
	words, ok := s["enum"].([]any)
	for _, word := range words {
		if word == text {
			return nil
		}
	}
	if ok {
		return wrong
	}
	return nil
}

func checkNumber(s map[string]any, value any, wrong error) error {
	n, ok := value.(float64)
	if !ok || s["type"] == "integer" && n != float64(int64(n)) {
		return wrong
	}
	if low, ok := s["minimum"].(float64); ok && (n < low || n > s["maximum"].(float64)) {
		return wrong
	}
	return nil
}
