package deploy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestCheckAcceptsValidApplications(t *testing.T) {
	for _, app := range []deploy.Application{echo(t), everything(t), changed(t)} {
		if err := deploy.Check(app); err != nil {
			t.Errorf("%s: %v", app.Name, err)
		}
	}
}

func TestCheckAcceptsPathsAndIdentitySources(t *testing.T) {
	for _, prefix := range []string{
		"", "/", "(none)", "/v1/", "a/B-2/$_.+!*'()",
		strings.Repeat("x", 300),
	} {
		app := everything(t)
		app.API.Domain.Prefix = prefix
		if err := deploy.Check(app); err != nil {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	for _, source := range []string{
		"route.request.header.Authorization", "route.request.header.Sec-WebSocket-Protocol",
		"route.request.querystring.a.b_c-2", "stageVariables.key",
	} {
		app := everything(t)
		app.API.Authorizer.IdentitySources = []string{source}
		if err := deploy.Check(app); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// TestCheckNamesTheKey changes one thing of an application, and wants an error that says which.
func TestCheckNamesTheKey(t *testing.T) {
	type app = deploy.Application
	less := -2
	for _, test := range []struct {
		name   string
		change func(*app)
		want   string
	}{
		{"no name", func(a *app) { a.Name = "" }, `app_name is ""`},
		{"name", func(a *app) { a.Name = "a b" }, `app_name is "a b"`},
		{"stage", func(a *app) { a.Stage = "ä" }, `the stage is "ä" (--stage)`},
		{
			"long name", func(a *app) { a.Name = strings.Repeat("x", 42) },
			"has 67 characters, and AWS allows 64",
		},
		{
			"tag of AWS", func(a *app) { a.Tags = tags("AWS:x", "") },
			`tags: the key "AWS:x" begins with aws:`,
		},
		{"tag of tyg", func(a *app) { a.Tags = tags("Tyg", "") }, `tags: the key "Tyg" is reserved`},
		{"tag key", func(a *app) { a.Tags = tags("a;b", "") }, `tags: the key "a;b" must have`},
		{"tag value", func(a *app) { a.Tags = tags("a", "b;c") }, `tags: the value of "a" must have`},
		{"tags", func(a *app) { a.Tags = manyTags(50) }, "tags: there are 51 tags"},
		{"tags of a function", func(a *app) { a.Functions[0].Tags = manyTags(50) }, "there are 52 tags"},
		{"no functions", func(a *app) { a.Functions = nil }, "there are no functions"},
		{
			"C8 two functions of one name",
			func(a *app) { a.Functions[1].LogicalName = a.Functions[0].LogicalName },
			"two functions called websocket_connect",
		},
		{
			"no timeout", func(a *app) { a.Functions[0].Timeout = 0 },
			"lambda_timeout of websocket_connect is 0",
		},
		{
			"timeout", func(a *app) { a.Functions[0].Timeout = 901 },
			"lambda_timeout of websocket_connect is 901",
		},
		{
			"memory", func(a *app) { a.Functions[1].MemorySize = 127 },
			"lambda_memory_size of websocket_message",
		},
		{"much memory", func(a *app) { a.Functions[1].MemorySize = 10241 }, "must be 128 to 10240 MB"},
		{
			"architecture", func(a *app) { a.Functions[0].Architecture = "amd64" },
			`lambda_architecture of `,
		},
		{"retention", func(a *app) { a.Functions[0].LogRetention = new(2) }, "log_retention_in_days of "},
		{
			"concurrency", func(a *app) { a.Functions[0].ReservedConcurrency = &less },
			"reserved_concurrency",
		},
		{
			"layer", func(a *app) { a.Functions[0].Layers = []string{"x"} },
			`layers of websocket_connect: "x"`,
		},
		{
			"layers", func(a *app) { a.Functions[0].Layers = make([]string, 6) },
			"there are 6, and Lambda allows 5",
		},
		{
			"half a VPC", func(a *app) { a.Functions[0].SubnetIDs = []string{"subnet-1"} },
			"give both or neither",
		},
		{
			"subnet", func(a *app) { a.Functions[0].SubnetIDs = []string{"sub"} },
			"subnet_ids of websocket_connect",
		},
		{
			"group", func(a *app) { a.Functions[0].SecurityGroupIDs = []string{"group"} },
			"security_group_ids of websocket_connect",
		},
		{"variable", func(a *app) { a.Functions[0].Environment = tags("1A", "") }, `"1A" is no name`},
		{"short variable", func(a *app) { a.Functions[0].Environment = tags("A", "") }, `"A" is no name`},
		{
			"variable of Lambda", func(a *app) { a.Functions[0].Environment = tags("AWS_REGION", "") },
			"Lambda sets AWS_REGION itself",
		},
		{
			"large environment",
			func(a *app) { a.Functions[0].Environment = tags("LARGE", strings.Repeat("x", 4000)) },
			"environment_variables of websocket_connect take",
		},
		{"role", func(a *app) { a.Functions[0].Role.ARN = "arn:x" }, "iam_role_arn of websocket_connect"},
		{
			"policy", func(a *app) { a.Functions[0].Role.Policy = []byte("{") },
			"iam_policy_file of websocket_connect is not a policy in JSON",
		},
		{
			"empty policy", func(a *app) { a.Functions[0].Role.Policy = []byte("{}") },
			"iam_policy_file of websocket_connect has no Statement",
		},
		{"gateway stage", func(a *app) { a.API.Stage = "a/b" }, `api_gateway_stage is "a/b"`},
		{"no routes", func(a *app) { a.API.Routes = nil }, "there are no routes"},
		{"route twice", func(a *app) { a.API.Routes[1].Key = "ask" }, `two routes with the key "ask"`},
		{"route key", func(a *app) { a.API.Routes[2].Key = "$ask" }, "$ask"},
		{"route to nowhere", func(a *app) { a.API.Routes[2].Function = "x" }, `route "ask" is for "x"`},
		{"selection", func(a *app) { a.API.RouteSelection = "$body" }, "RouteSelection: "},
		{"authorizer", func(a *app) { a.API.Authorizer.Function = "x" }, `the authorizer is for "x"`},
		{
			"authorizer of nothing", func(a *app) { a.API.Routes = a.API.Routes[:1] },
			"an authorizer and no route $connect",
		},
		{
			"identity source", func(a *app) { a.API.Authorizer.IdentitySources = []string{"token"} },
			`the identity source "token" of OnAuthorize`,
		},
		{
			"identity source without a name",
			func(a *app) { a.API.Authorizer.IdentitySources = []string{"route.request.header."} },
			`the identity source "route.request.header." of OnAuthorize must be`,
		},
		{
			"identity source with a strange name",
			func(a *app) { a.API.Authorizer.IdentitySources = []string{"route.request.querystring.a!b"} },
			`the identity source "route.request.querystring.a!b" of OnAuthorize must be`,
		},
		{
			"identity source of the context",
			func(a *app) { a.API.Authorizer.IdentitySources = []string{"context.identity.sourceIp"} },
			`the identity source "context.identity.sourceIp" of OnAuthorize is of the context ` +
				"of API Gateway, which tyg does not support",
		},
		{
			"storage", func(a *app) { a.Functions[0].EphemeralStorage = 511 },
			"ephemeral_storage of websocket_connect is 511: it must be 512 to 10240 MB",
		},
		{
			"log format", func(a *app) { a.Functions[0].LogFormat = "xml" },
			`log_format of websocket_connect is "xml"`,
		},
		{
			"log level of text", func(a *app) { a.Functions[1].LogFormat = "" },
			`application_log_level and system_log_level of websocket_message need "log_format": "JSON"`,
		},
		{
			"key of a function", func(a *app) { a.Functions[0].KMSKeyARN = "alias/x" },
			`kms_key_arn of websocket_connect is "alias/x", which is not the ARN of a key`,
		},
		{
			"stream", func(a *app) { a.Tables[0].Stream = "all" },
			`tables.rooms.stream_view_type is "all": it must be KEYS_ONLY`,
		},
		{
			"key of a table", func(a *app) { a.Tables[0].KMSKeyARN = "alias/x" },
			`tables.rooms.kms_key_arn is "alias/x", which is not the ARN of a key`,
		},
		{"role path", func(a *app) { a.RolePath = "service" }, `role_path is "service"`},
		{
			"permissions boundary", func(a *app) { a.PermissionsBoundary = "limit" },
			`permissions_boundary is "limit"`,
		},
		{
			"statement with a Sid of tyg", func(a *app) { a.Functions[0].Role.Statements = sid("Logs") },
			`policy_statements[0]: the policy has another statement with the Sid "Logs"`,
		},
		{
			"Sid", func(a *app) { a.Functions[0].Role.Statements = sid("a-b") },
			`policy_statements[0]: the Sid "a-b"`,
		},
		{
			"long policy",
			func(a *app) { a.Functions[0].Role.Statements = sid(strings.Repeat("x", 10_240)) },
			"the policy of the role would have 1",
		},
		{"two authorizations", func(a *app) { a.API.IAM = true }, "connect: authorization is iam"},
		{
			"authorizer of another account", func(a *app) { a.API.Authorizer.ARN = "arn:aws:sns:x" },
			`connect.authorizer: function_arn is "arn:aws:sns:x"`,
		},
		{
			"role of an authorizer", func(a *app) { a.API.Authorizer.RoleARN = "x" },
			`connect.authorizer: role_arn is "x"`,
		},
		{
			"identity source of another account's authorizer", func(a *app) {
				a.API.Authorizer.ARN = foreignAuthorizer
				a.API.Authorizer.IdentitySources = []string{"context.x", "token"}
			},
			`the identity source "token" of connect.authorizer must be`,
		},
		{"logging", func(a *app) { a.API.Settings.LoggingLevel = "debug" }, `logging_level is "debug"`},
		{"throttling", func(a *app) { a.API.Settings.ThrottlingBurst = -1 }, "throttling: "},
		{
			"access log without a format", func(a *app) { a.API.Settings.AccessLogARN = "arn:x" },
			"access_log: destination_arn and format go together",
		},
		{
			"access log without an id",
			func(a *app) {
				a.API.Settings.AccessLogARN, a.API.Settings.AccessLogFormat = "arn:x", "$context.stage"
			},
			"format must have $context.requestId",
		},
		{"stage variable", func(a *app) { a.API.Variables = tags("a-b", "") }, `stage_variables: "a-b"`},
		{"domain", func(a *app) { a.API.Domain.Name = "" }, "domain_name is not given"},
		{"certificate", func(a *app) { a.API.Domain.CertificateARN = "x" }, `certificate_arn is "x"`},
		{"path", func(a *app) { a.API.Domain.Prefix = "v1?" }, `url_prefix is "v1?"`},
		{"long path", func(a *app) { a.API.Domain.Prefix = strings.Repeat("x", 301) }, "url_prefix is "},
		{"table name", func(a *app) { a.Tables[0].Name = "a b" }, `tables.rooms.table_name is "a b"`},
		{"short table name", func(a *app) { a.Tables[0].Name = "ab" }, `tables.rooms.table_name is "ab"`},
		{"no key", func(a *app) { a.Tables[0].PartitionKey.Name = "" }, "partition_key has no name"},
		{
			"one key for both", func(a *app) { a.Tables[0].SortKey.Name = "PK" },
			"partition_key and sort_key are both",
		},
		{"type", func(a *app) { a.Tables[0].SortKey.Type = "BOOL" }, `the key SK has the type "BOOL"`},
		{
			"types", func(a *app) { a.Tables[0].Indexes[0].SortKey.Type = "N" },
			"tables.rooms.indexes.ReverseLookup: the key PK has the type N, and elsewhere in the table S",
		},
		{
			"half a capacity", func(a *app) { a.Tables[0].ReadCapacity = 5 },
			"read_capacity and write_capacity",
		},
		{
			"capacity of an index alone", func(a *app) { a.Tables[0].Indexes[0].ReadCapacity = 5 },
			"is paid by request",
		},
		{
			"two indexes of one name",
			func(a *app) { a.Tables[0].Indexes = append(a.Tables[0].Indexes, a.Tables[0].Indexes[0]) },
			"tables.rooms.indexes: there are two called ReverseLookup",
		},
		{
			"index name", func(a *app) { a.Tables[0].Indexes[0].Name = "a" },
			`tables.rooms.indexes: "a" must`,
		},
		{"variable of a table", func(a *app) { a.Tables[0].Variable = "X" }, "environment_variable is"},
		{"action", func(a *app) { a.Tables[0].Actions = []string{"dynamodb:Scan"} }, `"dynamodb:Scan"`},
		{
			"two tables", func(a *app) { a.Tables = append(a.Tables, a.Tables[0]) },
			"tables: there are two called rooms",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := everything(t)
			test.change(&a)
			err := deploy.Check(a)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v\nwant %q", err, test.want)
			}
		})
	}
}

func TestCheckReportsAllProblems(t *testing.T) {
	app := echo(t)
	app.Functions[0].Timeout, app.Functions[0].MemorySize, app.API.Stage = 0, 0, ""
	err := deploy.Check(app)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error is %v, want three lines", err)
	}
}

// sid is a list of one statement with a Sid.
func sid(id string) []json.RawMessage {
	return []json.RawMessage{json.RawMessage(
		`{"Sid":"` + id + `","Effect":"Allow","Action":"s3:*","Resource":"*"}`)}
}

func tags(key, value string) map[string]string { return map[string]string{key: value} }

func manyTags(n int) map[string]string {
	all := make(map[string]string)
	for i := range n {
		all[fmt.Sprint("tag", i)] = ""
	}
	return all
}
