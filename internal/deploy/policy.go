package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Policy is an IAM policy document.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
type Policy struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// A Statement is one rule of a [Policy].
type Statement struct {
	SID       string            `json:"Sid,omitempty"`
	Effect    string            `json:"Effect"`
	Principal map[string]string `json:"Principal,omitempty"`
	Action    []string          `json:"Action"`
	Resource  []string          `json:"Resource,omitempty"`
}

const policyVersion = "2012-10-17"

// TableActions are what functions may do with a table for which nothing else is said: all that is
// about items, but to read the whole table.
func TableActions() []string {
	return []string{
		"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem",
		"PutItem", "Query", "UpdateItem",
	}
}

// GeneratedPolicy returns what the generated role of an application lets its functions do: write their
// logs, reach the connections of this API and no other, and use the tables that are declared. The id of
// the API may be "*" where there is none yet.
func GeneratedPolicy(app Application, account Account, apiID string) Policy {
	p := Policy{Version: policyVersion}
	allow := func(sid string, actions []string, resources ...string) {
		p.Statement = append(p.Statement,
			Statement{SID: sid, Effect: "Allow", Action: actions, Resource: resources})
	}
	allow("Logs", []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		account.arn("logs", "log-group:"+logGroup(app.prefix()+"-*")+":*"))
	allow("Connections", []string{"execute-api:ManageConnections"},
		account.arn("execute-api", apiID+"/"+app.API.Stage+"/*/@connections/*"))
	for i, t := range app.Tables {
		arn := account.arn("dynamodb", "table/"+t.Name)
		resources := []string{arn}
		if len(t.Indexes) > 0 {
			resources = append(resources, arn+"/index/*")
		}
		allow(fmt.Sprintf("Table%d", i+1), t.actions(), resources...)
	}
	if app.any(func(fn Function) bool { return len(fn.SubnetIDs) > 0 }) {
		// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)
		allow("VPC", []string{
			"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
		}, "*")
	}
	if app.any(func(fn Function) bool { return fn.XRay }) {
		allow("Tracing", []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, "*")
	}
	return p
}

// any reports whether one of the functions with the shared role is so.
func (a Application) any(is func(Function) bool) bool {
	for _, fn := range a.Functions {
		if fn.Role.ARN == "" && fn.Role.Policy == nil && is(fn) {
			return true
		}
	}
	return false
}

func (t Table) actions() []string {
	names := t.Actions
	if names == nil {
		names = TableActions()
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "dynamodb:" + name
	}
	return all
}

// trustLambda lets Lambda, and nobody else, assume a role.
func trustLambda() string {
	return document(Policy{Version: policyVersion, Statement: []Statement{{
		Effect: "Allow", Principal: map[string]string{"Service": "lambda.amazonaws.com"},
		Action: []string{"sts:AssumeRole"},
	}}})
}

// document returns the text of a policy.
func document(p Policy) string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // strings and slices of them
	}
	return string(text)
}

// samePolicy reports whether two documents say the same. IAM gives trust policies back in a form of its
// own, with lists of one as what is in them (https://github.com/hashicorp/terraform/pull/5285).
func samePolicy(a, b string) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(text string) []byte {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return []byte(text)
	}
	data, err := json.Marshal(canonicalValue(v))
	if err != nil {
		return []byte(text)
	}
	return data
}

// canonicalValue makes of a list of one what is in it, and puts lists of texts in order.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = canonicalValue(value)
		}
	case []any:
		for i, value := range v {
			v[i] = canonicalValue(value)
		}
		if len(v) == 1 {
			return v[0]
		}
		slices.SortFunc(v, func(x, y any) int {
			first, _ := x.(string)
			second, _ := y.(string)
			return strings.Compare(first, second)
		})
	}
	return v
}
