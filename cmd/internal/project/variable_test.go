package project

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

const secretsText = `{
	"environment_variables": {
		"PLAIN": "a", "ALSO": {"text": "b"}, "KEY": {"ssm": "/chat/key", "local": "c"},
		"PASSWORD": {"secret": "chat/db", "key": "password", "at": "deploy"}
	},
	"lambda_functions": {"f": {"command": ["f"], "environment_variables": {"ONLY_F": {"ssm": "/f"}}}}
}`

// TestVariablesOfThisMachine: secrets have their local values here, and those without one are named
// unless the environment has them.
func TestVariablesOfThisMachine(t *testing.T) {
	c, err := ParseConfig([]byte(secretsText))
	if err != nil {
		t.Fatal(err)
	}
	all := c.Function("dev", "f").Environment
	if got, want := all.Here(), map[string]string{"PLAIN": "a", "ALSO": "b", "KEY": "c"}; !maps.Equal(
		got, want) {
		t.Errorf("here the variables are %v, want %v", got, want)
	}
	if got, want := all.Plain(), map[string]string{"PLAIN": "a", "ALSO": "b"}; !maps.Equal(got, want) {
		t.Errorf("the texts are %v, want %v", got, want)
	}
	environment := map[string]string{}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	if got := c.MissingSecrets("dev", lookup); !strings.Contains(got, "of ONLY_F, PASSWORD, and") {
		t.Errorf("missing: %s", got)
	}
	environment["ONLY_F"], environment["PASSWORD"] = "", "x"
	if got := c.MissingSecrets("dev", lookup); got != "" {
		t.Errorf("missing although the environment has it: %s", got)
	}
}

// TestVariablesAreWrittenAsTheyAreRead turns a configuration into JSON and back.
func TestVariablesAreWrittenAsTheyAreRead(t *testing.T) {
	c, err := ParseConfig([]byte(secretsText))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c.Environment)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ALSO":"b","KEY":{"local":"c","ssm":"/chat/key"},"PASSWORD":{"at":"deploy",` +
		`"key":"password","secret":"chat/db"},"PLAIN":"a"}`
	if string(text) != want {
		t.Errorf("written as %s, want %s", text, want)
	}
	if got := c.Environment["KEY"].String(); strings.Contains(got, `"c"`) {
		t.Errorf("the local value of a secret is shown: %s", got)
	}
}

// TestBadVariables: each error has the line and the variable.
func TestBadVariables(t *testing.T) {
	for text, want := range map[string]string{
		`{"ssm": "/a", "secret": "b"}`: `more than one of "text", "ssm" and "secret"`,
		`{"ssm": "/a", "text": "b"}`:   `more than one of`,
		`{"at": "start"}`:              `it needs "ssm"`,
		`{"text": "a", "local": "b"}`:  `it needs "ssm"`,
		`{"ssm": "/a", "key": "b"}`:    `"key" is for a "secret"`,
		`{"ssm": "/a", "at": "later"}`: "use one of start, deploy",
		`{"parameter": "/a"}`:          "there is no key",
		`12`:                           "must be a string, not number",
		`["a"]`:                        "must be a string, not array",
	} {
		for _, config := range []string{
			"{\n\"environment_variables\": {\"A\": " + text + "}}",
			"{\n\"stages\": {\"x\": {\"lambda_functions\": {\"f\": {\"environment_variables\": " +
				"{\"A\": " + text + "}}}}}}",
		} {
			_, err := ParseConfig([]byte(config))
			if err == nil || !strings.HasPrefix(err.Error(), "2: ") ||
				!strings.Contains(err.Error(), "environment_variables.A") ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want %s", config, err, want)
			}
		}
	}
}
