package template_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// Every reference of a CloudFormation template leads to something in it.
func TestCloudFormationReferences(t *testing.T) {
	for i, o := range []template.Options{{}, {CodeParameters: true}, {}, {CodeParameters: true}} {
		app := []deploy.Application{full(t), full(t), triggered(t), requested(t)}[i]
		doc, _ := written(t, writers()[0], app, o)
		known := map[string]bool{
			"AWS::AccountId": true, "AWS::Region": true, "AWS::Partition": true, "AWS::URLSuffix": true,
		}
		for _, section := range []string{"Resources", "Parameters"} {
			entries, _ := doc[section].(map[string]any)
			for id := range entries {
				known[id] = true
				if !regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`).MatchString(id) {
					t.Errorf("%s cannot be an id", id)
				}
			}
		}
		count := 0
		refer := func(id string) {
			if count++; !known[id] {
				t.Errorf("there is no %s", id)
			}
		}
		walk(doc, func(key string, v any) {
			switch key {
			case "Ref":
				refer(v.(string))
			case "Fn::GetAtt":
				refer(strs(v)[0])
			case "DependsOn":
				for _, id := range strs(v) {
					refer(id)
				}
			case "Fn::Sub":
				for _, m := range regexp.MustCompile(`\$\{([^}]*)\}`).FindAllStringSubmatch(v.(string), -1) {
					id, _, _ := strings.Cut(m[1], ".")
					refer(id)
				}
			}
		})
		if count < 100 {
			t.Errorf("there are %d references only", count)
		}
	}
}

// Every reference of a Terraform configuration leads to something in it.
func TestTerraformReferences(t *testing.T) {
	for _, app := range []deploy.Application{full(t), triggered(t), requested(t)} {
		testTerraformReferences(t, app)
	}
}

// Public URLs need permissions that older providers cannot give, and dual-stack an argument.
func TestTerraformProviderVersions(t *testing.T) {
	for want, app := range map[string]deploy.Application{
		">= 5.0, < 7.0": full(t), ">= 6.29, < 7.0": triggered(t), ">= 5.96, < 7.0": requested(t),
	} {
		doc, _ := written(t, writers()[1], app, template.Options{})
		got := at(t, doc, "terraform", "required_providers", "aws", "version")
		if got != want {
			t.Errorf("%s needs the provider %v, want %s", app.Name, got, want)
		}
	}
}

func testTerraformReferences(t *testing.T, app deploy.Application) {
	t.Helper()
	doc, _ := written(t, writers()[1], app, template.Options{})
	resources := at(t, doc, "resource").(map[string]any)
	count := 0
	refer := func(kind, name string) {
		count++
		section, _ := resources[kind].(map[string]any)
		if section[name] == nil {
			t.Errorf("there is no %s.%s", kind, name)
		}
	}
	reference := regexp.MustCompile(`\$\{(aws_[a-z0-9_]+)\.([A-Za-z_][A-Za-z0-9_-]*)\.`)
	walk(doc, func(key string, v any) {
		if s, ok := v.(string); ok {
			for _, m := range reference.FindAllStringSubmatch(s, -1) {
				refer(m[1], m[2])
			}
		}
		if key == "depends_on" {
			for _, s := range strs(v) {
				kind, name, _ := strings.Cut(s, ".")
				refer(kind, name)
			}
		}
	})
	if count < 70 {
		t.Errorf("there are %d references only", count)
	}
}

// What the project supplies is not taken for references.
func TestTextIsLiteral(t *testing.T) {
	cfn, _ := written(t, writers()[0], full(t), template.Options{})
	tf, _ := written(t, writers()[1], full(t), template.Options{})
	got := at(t, cfn, "Resources", "WebsocketMessage", "Properties", "Environment", "Variables",
		"GREETING")
	if want := `${not.me} %{nor.me}`; got != want {
		t.Errorf("CloudFormation has %v, want %s", got, want)
	}
	got = at(t, tf, "resource", "aws_lambda_function", "websocket_message", "environment", "variables",
		"GREETING")
	if want := `$${not.me} %%{nor.me}`; got != want {
		t.Errorf("Terraform has %v, want %s", got, want)
	}
	got = at(t, tf, "resource", "aws_iam_role_policy", "websocket_authorizer_role", "policy")
	if want := `$${aws:PrincipalTag/team}`; !strings.Contains(got.(string), want) {
		t.Errorf("Terraform has the policy %v, want %s in it", got, want)
	}
}

// TestC13TerraformDomain: with its security policy and its path, on a stage by name, in any
// partition.
func TestC13TerraformDomain(t *testing.T) {
	doc, text := written(t, writers()[1], full(t), template.Options{})
	domain := at(t, doc, "resource", "aws_apigatewayv2_domain_name", "websocket_api_custom_domain")
	if got := at(t, domain, "domain_name_configuration", "security_policy"); got != "TLS_1_2" {
		t.Errorf("the security policy is %v", got)
	}
	mapping := at(t, doc, "resource", "aws_apigatewayv2_api_mapping",
		"websocket_api_custom_domain_mapping")
	if got := at(t, mapping, "api_mapping_key"); got != "v1" {
		t.Errorf("the path is %v", got)
	}
	if got := at(t, mapping, "stage"); got != "${aws_apigatewayv2_stage.websocket_api_stage.name}" {
		t.Errorf("the stage is %v", got)
	}
	if strings.Contains(text, "amazonaws.com/") {
		t.Error("there is a host name of one partition")
	}
}

// TestC12LogRetention: a log is kept as long as the project says, in both.
func TestC12LogRetention(t *testing.T) {
	cfn, _ := written(t, writers()[0], full(t), template.Options{})
	tf, _ := written(t, writers()[1], full(t), template.Options{})
	group := at(t, cfn, "Resources", "WebsocketConnectLogGroup")
	if got := at(t, group, "Properties", "RetentionInDays"); got != 7.0 {
		t.Errorf("CloudFormation keeps the log for %v days, want 7", got)
	}
	groups := at(t, tf, "resource", "aws_cloudwatch_log_group")
	if got := at(t, groups, "websocket_connect", "retention_in_days"); got != 7.0 {
		t.Errorf("Terraform keeps the log for %v days, want 7", got)
	}
}

// A linter that others wrote finds nothing in the templates, but that they need "aws cloudformation
// package".
func TestLint(t *testing.T) {
	program := os.Getenv("TYG_TEST_CFN_LINT")
	if program == "" {
		t.Skip("cfn-lint was not run: TYG_TEST_CFN_LINT is not set")
	}
	if program == "1" {
		program = "cfn-lint"
	}
	apps := []deploy.Application{echo(t), chat(t), full(t), triggered(t), requested(t)}
	for _, app := range apps {
		for _, o := range []template.Options{{}, {CodeParameters: true}} {
			_, text := written(t, writers()[0], app, o)
			file := filepath.Join(t.TempDir(), "template.json")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"--template", file}
			if !o.CodeParameters {
				args = append(args, "--ignore-checks", "W3002")
			}
			out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%s, %+v: %v\n%s", app.Name, o, err, out)
			}
		}
	}
}

// What a template cannot look up is a parameter or a data source: the hosted zone, and the stream
// of a table that is not in it. A stream that its own table lacks is an error.
func TestWhatTemplatesLookUp(t *testing.T) {
	app := requested(t)
	app.Triggers[0].From = "orders"
	cfn, _ := written(t, writers()[0], app, template.Options{})
	if got := at(t, cfn, "Parameters", "HostedZone", "Type"); got != "AWS::Route53::HostedZone::Id" {
		t.Errorf("the parameter for the zone is %v", got)
	}
	at(t, cfn, "Parameters", "ChangesStreamArn")
	tf, _ := written(t, writers()[1], app, template.Options{})
	at(t, tf, "variable", "hosted_zone_id")
	if got := at(t, tf, "data", "aws_dynamodb_table", "orders", "name"); got != "orders" {
		t.Errorf("the table that is looked up is %v", got)
	}
	app.API.Domain.Zone = deploy.NoZone
	app.Triggers[0].From = app.Tables[0].LogicalName
	app.Tables[0].Stream = ""
	for _, w := range writers() {
		_, err := w.write(app, template.Options{})
		if err == nil || !strings.Contains(err.Error(), `give tables.`) {
			t.Errorf("%s: a table without a stream: %v", w.name, err)
		}
	}
	app.Tables[0].Stream = "KEYS_ONLY"
	cfn, _ = written(t, writers()[0], app, template.Options{})
	tf, _ = written(t, writers()[1], app, template.Options{})
	for _, doc := range []any{cfn, tf} {
		walk(doc, func(key string, _ any) {
			if strings.HasPrefix(key, "aws_route53") || key == "HostedZone" {
				t.Errorf("without a zone there is %s", key)
			}
		})
	}
}
