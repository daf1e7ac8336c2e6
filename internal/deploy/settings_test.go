package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// TestSettingsThatAreNotNamedStay: what another program has set of storage, logs, keys, streams and
// backups stays where the application says nothing, and a plan has nothing to do.
func TestSettingsThatAreNotNamedStay(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	settings := func() []string {
		t.Helper()
		fn, err := lambda.NewFromConfig(r.config()).GetFunctionConfiguration(t.Context(),
			&lambda.GetFunctionConfigurationInput{FunctionName: aws.String("chat-dev-websocket_message")})
		must(t, err)
		table, err := dynamodb.NewFromConfig(r.config()).DescribeTable(t.Context(),
			&dynamodb.DescribeTableInput{TableName: aws.String("chat-dev-rooms")})
		must(t, err)
		backups, err := dynamodb.NewFromConfig(r.config()).DescribeContinuousBackups(t.Context(),
			&dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("chat-dev-rooms")})
		must(t, err)
		recovery := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription
		return []string{
			string(fn.LoggingConfig.LogFormat), string(fn.LoggingConfig.SystemLogLevel),
			aws.ToString(fn.KMSKeyArn), aws.ToString(table.Table.SSEDescription.KMSMasterKeyArn),
			string(table.Table.StreamSpecification.StreamViewType),
			string(recovery.PointInTimeRecoveryStatus),
		}
	}
	want := []string{"JSON", "WARN", key, key, "NEW_IMAGE", "ENABLED"}
	if got := settings(); !slices.Equal(got, want) {
		t.Errorf("deployed are %q, want %q", got, want)
	}
	fn, table := &app.Functions[1], &app.Tables[0]
	fn.EphemeralStorage, fn.LogFormat, fn.SystemLogLevel, fn.KMSKeyARN = 0, "", "", ""
	table.PointInTimeRecovery, table.Stream, table.KMSKeyARN = nil, "", ""
	fn.Timeout++ // so that the function is updated
	must(t, r.deploy(t.Context(), app))
	if got := settings(); !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
	r.settled(t, app)
}

// TestStreamEnds ends a stream by its own word.
func TestStreamEnds(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	app.Tables[0].Stream = "NONE"
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	table, err := dynamodb.NewFromConfig(r.config()).DescribeTable(t.Context(),
		&dynamodb.DescribeTableInput{TableName: aws.String("chat-dev-rooms")})
	must(t, err)
	if table.Table.StreamSpecification != nil {
		t.Errorf("the stream is %+v", table.Table.StreamSpecification)
	}
}

// TestKeysAreInThePolicies: functions decrypt tables, and the deployer uses each key.
func TestKeysAreInThePolicies(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	if !r.aws.Allows("chat-dev", "kms:Decrypt", key) || r.aws.Allows("chat-dev", "kms:Encrypt", key) {
		t.Error("the role may not decrypt the table, or may do more")
	}
	account := deploy.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	for _, s := range deploy.DeployerPolicy(app, account).Statement {
		if s.SID == "Keys" && strings.Join(s.Resource, " ") == key {
			return
		}
	}
	t.Error("the deployer may not use the key")
}
