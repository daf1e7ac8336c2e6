package spec

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tyg-dev/tyg"
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
	Condition Condition         `json:"Condition,omitempty"`

	given json.RawMessage // a whole statement of the project, in place of the other fields
}

// MarshalJSON writes a statement of the project as it is.
func (s Statement) MarshalJSON() ([]byte, error) {
	if s.given != nil {
		return s.given, nil
	}
	type plain Statement
	return json.Marshal(plain(s))
}

// A Condition is when a statement applies: values by operator and key.
type Condition map[string]map[string]string

// PolicyVersion is the version of the language of policies.
const PolicyVersion = "2012-10-17"

// Allow adds a statement that allows actions.
func (p *Policy) Allow(sid string, actions []string, resources ...string) {
	p.Statement = append(p.Statement,
		Statement{SID: sid, Effect: "Allow", Action: actions, Resource: resources})
}

// TableActions returns the actions on a table that are allowed by default: all that read or write
// items, except Scan.
func TableActions() []string {
	return []string{
		"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem",
		"PutItem", "Query", "UpdateItem",
	}
}

// GeneratedPolicy returns the policy of the generated role: it lets functions write their logs,
// reach the connections of this API and no other, use the declared tables, invoke themselves for
// OnOpen and for large groups, read the queues and streams of triggers, and what their VPC and
// tracing need. The id of the API may be "*" if it is not known yet.
func GeneratedPolicy(app Application, account Account, apiID string) Policy {
	p := Policy{Version: PolicyVersion}
	app = app.At(account)
	p.Allow("Logs", []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		account.ARN("logs", "log-group:"+LogGroup(app.Prefix()+"-*")+":*"))
	p.Allow("Connections", []string{"execute-api:ManageConnections"},
		account.ARN("execute-api", apiID+"/"+app.API.Stage+"/*/@connections/*"))
	if name := app.connectFunction(); app.API.Open && name != "" {
		p.Allow("Open", []string{"lambda:InvokeFunction"}, app.invocable(account, name)...)
	}
	if app.Shards {
		var functions []string
		for _, fn := range app.Functions {
			name := app.FunctionName(fn.LogicalName)
			functions = append(functions, app.invocable(account, name)...)
		}
		p.Allow("Shards", []string{"lambda:InvokeFunction"}, functions...)
	}
	for i, t := range app.Tables {
		arn := account.ARN("dynamodb", "table/"+t.Name)
		resources := []string{arn}
		if len(t.Indexes) > 0 {
			resources = append(resources, arn+"/index/*")
		}
		p.Allow(fmt.Sprintf("Table%d", i+1), t.actions(), resources...)
	}
	for i, t := range app.Triggers {
		if t.Batched() {
			p.Allow(fmt.Sprintf("Trigger%d", i+1), t.actions(), t.readable(account))
		}
	}
	p.allowTableKeys(app)
	p.AllowSecrets(app, account, false)
	if app.LeavesVPC || app.any(func(fn Function) bool { return len(fn.SubnetIDs) > 0 }) {
		// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)
		p.Allow("VPC", []string{
			"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
		}, "*")
	}
	if app.any(func(fn Function) bool { return fn.XRay }) {
		p.Allow("Tracing", []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, "*")
	}
	return p
}

// invocable returns the ARNs by which a function may invoke itself. A published version invokes
// itself, and not the live one, which may be another by then.
func (a Application) invocable(account Account, name string) []string {
	arn := account.FunctionARN(name)
	if a.Releases == 0 {
		return []string{arn}
	}
	return []string{arn, arn + ":*"}
}

// allowTableKeys allows to decrypt tables with a key of their own.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html)
func (p *Policy) allowTableKeys(app Application) {
	var keys []string
	for _, t := range app.Tables {
		if t.KMSKeyARN != "" && !slices.Contains(keys, t.KMSKeyARN) {
			keys = append(keys, t.KMSKeyARN)
		}
	}
	if len(keys) > 0 {
		p.Allow("TableKeys", []string{"kms:Decrypt"}, keys...)
	}
}

// RolePolicy returns the policy of a role with a generated policy: that, and the statements that
// the project adds.
func RolePolicy(app Application, account Account, apiID string, role Role) Policy {
	p := GeneratedPolicy(app, account, apiID)
	for _, s := range role.Statements {
		p.Statement = append(p.Statement, Statement{given: s})
	}
	return p
}

// connectFunction returns the name on AWS of the function of $connect, "" if there is none.
func (a Application) connectFunction() string {
	for _, r := range a.API.Routes {
		if r.Key == tyg.RouteConnect {
			return a.FunctionName(r.Function)
		}
	}
	return ""
}

// any reports whether is is true of one of the functions with the shared role.
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

// TrustPolicy lets Lambda alone assume a role.
func TrustPolicy() string {
	return Document(Policy{Version: PolicyVersion, Statement: []Statement{{
		Effect: "Allow", Principal: map[string]string{"Service": "lambda.amazonaws.com"},
		Action: []string{"sts:AssumeRole"},
	}}})
}

// Document returns the text of a policy.
func Document(p Policy) string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // strings and slices of them
	}
	return string(text)
}
