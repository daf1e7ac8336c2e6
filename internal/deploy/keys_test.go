package deploy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/cfn"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// plain is an application with one of each thing that the keys below are of.
func plain(t testing.TB) deploy.Application {
	app := withDomain(t)
	app.Functions[0].SubnetIDs = []string{"subnet-1"}
	app.Functions[0].SecurityGroupIDs = []string{"sg-1"}
	app.Functions[0].LogFormat = "JSON"
	app.Tables = []deploy.Table{{
		LogicalName: "rooms", Name: "echo-server-dev-rooms", Variable: "TABLE",
		PartitionKey: deploy.Attribute{Name: "PK"},
	}}
	return app
}

// TestKeysMapOneToOne: each key is in the plan of a stage that lacks it, after a deploy nothing is
// left to do, also if the deploy is the first, and both templates have it.
func TestKeysMapOneToOne(t *testing.T) {
	const fn, table = "WebsocketMessage", "RoomsTable"
	const lambda, dynamo = "aws_lambda_function.websocket_message.", "aws_dynamodb_table.rooms."
	on, no := true, 0
	tests := []struct {
		key, property string
		set           func(*deploy.Application)
		cfn, tf       string // the path of the value
		want          string // the value
	}{
		{
			"ephemeral_storage", "ephemeral storage",
			func(a *deploy.Application) { a.Functions[0].EphemeralStorage = 1024 },
			fn + ".EphemeralStorage.Size", lambda + "ephemeral_storage.size", "1024",
		},
		{
			"log_format", "log format",
			func(a *deploy.Application) { a.Functions[0].LogFormat = "Text" },
			fn + ".LoggingConfig.LogFormat", lambda + "logging_config.log_format", "Text",
		},
		{
			"application_log_level", "application log level",
			func(a *deploy.Application) { a.Functions[0].ApplicationLogLevel = "DEBUG" },
			fn + ".LoggingConfig.ApplicationLogLevel",
			lambda + "logging_config.application_log_level", "DEBUG",
		},
		{
			"system_log_level", "system log level",
			func(a *deploy.Application) { a.Functions[0].SystemLogLevel = "WARN" },
			fn + ".LoggingConfig.SystemLogLevel", lambda + "logging_config.system_log_level", "WARN",
		},
		{
			"kms_key_arn", "KMS key", func(a *deploy.Application) { a.Functions[0].KMSKeyARN = key },
			fn + ".KmsKeyArn", lambda + "kms_key_arn", key,
		},
		{
			"xray", "tracing", func(a *deploy.Application) { a.Functions[0].XRay = true },
			fn + ".TracingConfig.Mode", lambda + "tracing_config.mode", "Active",
		},
		{
			"reserved_concurrency", "reserved concurrency",
			func(a *deploy.Application) { a.Functions[0].ReservedConcurrency = &no },
			fn + ".ReservedConcurrentExecutions", lambda + "reserved_concurrent_executions", "0",
		},
		{
			"ipv6_allowed_for_dual_stack", "IPv6 from dual-stack subnets",
			func(a *deploy.Application) { a.Functions[0].IPv6 = &on },
			fn + ".VpcConfig.Ipv6AllowedForDualStack",
			lambda + "vpc_config.ipv6_allowed_for_dual_stack", "true",
		},
		{
			"log_kms_key", "KMS key", func(a *deploy.Application) { a.Functions[0].LogKMSKey = key },
			fn + "LogGroup.KmsKeyId", "aws_cloudwatch_log_group.websocket_message.kms_key_id", key,
		},
		{
			"log_retention_in_days", "retention",
			func(a *deploy.Application) { a.Functions[0].LogRetention = new(7) },
			fn + "LogGroup.RetentionInDays",
			"aws_cloudwatch_log_group.websocket_message.retention_in_days", "7",
		},
		{
			"ip_address_type", "IP address type",
			func(a *deploy.Application) { a.API.IPAddressType = "dualstack" },
			"WebsocketAPI.IpAddressType", "aws_apigatewayv2_api.websocket_api.ip_address_type", "dualstack",
		},
		{
			"websocket_api_custom_domain.ip_address_type", "IP address type",
			func(a *deploy.Application) { a.API.Domain.IPAddressType = "dualstack" },
			"WebsocketApiCustomDomain.DomainNameConfigurations.0.IpAddressType",
			"aws_apigatewayv2_domain_name.websocket_api_custom_domain.domain_name_configuration." +
				"ip_address_type", "dualstack",
		},
		{
			"point_in_time_recovery", "point-in-time recovery",
			func(a *deploy.Application) { a.Tables[0].PointInTimeRecovery = &on },
			table + ".PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
			dynamo + "point_in_time_recovery.enabled", "true",
		},
		{
			"tables.kms_key_arn", "KMS key", func(a *deploy.Application) { a.Tables[0].KMSKeyARN = key },
			table + ".SSESpecification.KMSMasterKeyId", dynamo + "server_side_encryption.kms_key_arn", key,
		},
		{
			"stream_view_type", "stream",
			func(a *deploy.Application) { a.Tables[0].Stream = "NEW_IMAGE" },
			table + ".StreamSpecification.StreamViewType", dynamo + "stream_view_type", "NEW_IMAGE",
		},
		{
			"deletion_protection", "deletion protection",
			func(a *deploy.Application) { a.Tables[0].DeletionProtection = &on },
			table + ".DeletionProtectionEnabled", dynamo + "deletion_protection_enabled", "true",
		},
		{
			"ttl_attribute", "time to live by expires",
			func(a *deploy.Application) { a.Tables[0].TTLAttribute = "expires" },
			table + ".TimeToLiveSpecification.AttributeName", dynamo + "ttl.attribute_name", "expires",
		},
	}
	for _, i := range sampletest.Numbers(t, len(tests), 6) {
		tt := tests[i]
		t.Run(tt.key, func(t *testing.T) {
			t.Parallel()
			app := plain(t)
			tt.set(&app)
			changes(t, plain(t), app, tt.property)
			first := newRig(t)
			must(t, first.deploy(t.Context(), app))
			first.settled(t, app)
			doc, err := cfn.Template(app, template.Options{})
			must(t, err)
			resource, property, _ := strings.Cut(tt.cfn, ".")
			path := "Resources." + resource + ".Properties." + property
			if got := valueAt(t, doc, path); got != tt.want {
				t.Errorf("CloudFormation has %s in %s, want %s", got, path, tt.want)
			}
			doc, err = tf.Config(app, template.Options{})
			must(t, err)
			if got := valueAt(t, doc, "resource."+tt.tf); got != tt.want {
				t.Errorf("Terraform has %s in %s, want %s", got, tt.tf, tt.want)
			}
		})
	}
}

// changes deploys an application, and then another one, which must differ by one property,
// and maybe by the policy of the role.
func changes(t *testing.T, from, to deploy.Application, property string) {
	t.Helper()
	r := newRig(t)
	must(t, r.deploy(t.Context(), from))
	r.settled(t, from)
	d, plan := r.planned(t, to)
	var got []string
	for _, s := range plan.Steps {
		for _, c := range s.Changes {
			if c.Property != "policy" { // which must allow what the key needs
				got = append(got, c.Property)
			}
		}
	}
	if !slices.Equal(got, []string{property}) {
		t.Errorf("the plan changes %q, want %s only", got, property)
	}
	must(t, d.Apply(t.Context(), plan))
	r.settled(t, to)
}

// valueAt follows the keys of objects and the indexes of lists.
func valueAt(t *testing.T, doc []byte, path string) string {
	t.Helper()
	var v any
	must(t, json.Unmarshal(doc, &v))
	for key := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			v = at[0]
		}
	}
	return fmt.Sprint(v)
}

// TestLevelsOfLogsThatAreNotNamedStay: the levels and the log group were set by hand. A
// deploy that changes another setting of the logs leaves them.
func TestLevelsOfLogsThatAreNotNamedStay(t *testing.T) {
	r, app := newRig(t), plain(t)
	must(t, r.deploy(t.Context(), app))
	client := lambda.NewFromConfig(r.config())
	name := aws.String("echo-server-dev-websocket_message")
	r.aws.Settle = 0
	want := types.LoggingConfig{
		LogFormat: "JSON", ApplicationLogLevel: "TRACE", SystemLogLevel: "DEBUG",
		LogGroup: aws.String("/shared/chat"),
	}
	_, err := client.UpdateFunctionConfiguration(t.Context(),
		&lambda.UpdateFunctionConfigurationInput{
			FunctionName: name, LoggingConfig: &want, VpcConfig: &types.VpcConfig{
				SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"},
				Ipv6AllowedForDualStack: aws.Bool(true),
			},
		})
	must(t, err)
	r.settled(t, app)
	app.Functions[0].SystemLogLevel, want.SystemLogLevel = "WARN", "WARN"
	must(t, r.deploy(t.Context(), app))
	got, err := client.GetFunctionConfiguration(t.Context(),
		&lambda.GetFunctionConfigurationInput{FunctionName: name})
	must(t, err)
	l := got.LoggingConfig
	if l.ApplicationLogLevel != want.ApplicationLogLevel || l.SystemLogLevel != "WARN" ||
		aws.ToString(l.LogGroup) != "/shared/chat" || !*got.VpcConfig.Ipv6AllowedForDualStack {
		t.Errorf("the logs have %+v, group %s, IPv6 %t", l, aws.ToString(l.LogGroup),
			*got.VpcConfig.Ipv6AllowedForDualStack)
	}
	app.Functions[0].LogFormat, app.Functions[0].SystemLogLevel = "Text", ""
	must(t, r.deploy(t.Context(), app)) // logs in text have no levels
	r.settled(t, app)
}

// TestKeyOfLogs: a log group that exists gets another key, and loses it.
func TestKeyOfLogs(t *testing.T) {
	r, app := newRig(t), plain(t)
	for _, key := range []string{key, strings.Replace(key, "key/1", "key/2", 1), "none"} {
		app.Functions[0].LogKMSKey = key
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
	}
	app.Functions[0].LogKMSKey = strings.Replace(key, "us-west-2", "eu-west-1", 1)
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "the policy of the key") {
		t.Errorf("a key of another region: %v", err)
	}
}
