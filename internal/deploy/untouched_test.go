package deploy_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// silentApp is an application that says nothing about retention, capacity, protection and
// concurrency.
func silentApp(t *testing.T) deploy.Application {
	t.Helper()
	app := everything(t)
	for i := range app.Functions {
		app.Functions[i].LogRetention, app.Functions[i].ReservedConcurrency = nil, nil
	}
	return app
}

// TestUnsetSettingsAreLeftAsTheyAre sets by hand, or by auto scaling, what the application does not
// name. A deploy changes other things and leaves those.
func TestUnsetSettingsAreLeftAsTheyAre(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), silentApp(t)))
	r.setByHand(t)
	r.settled(t, silentApp(t))
	app := silentApp(t)
	app.Tags = map[string]string{"team": "coffee"}
	app.Functions[0].MemorySize = 256
	app.Tables[0].Indexes = append(app.Tables[0].Indexes, deploy.Index{
		Name: "ByAge", PartitionKey: deploy.Attribute{Name: "age", Type: "N"},
	})
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.wantByHand(t)
}

// setByHand changes what the console or auto scaling would.
func (r *rig) setByHand(t *testing.T) {
	t.Helper()
	units := &types.ProvisionedThroughput{
		ReadCapacityUnits: aws.Int64(40), WriteCapacityUnits: aws.Int64(20),
	}
	r.aws.Settle = 0
	_, err := r.dynamo().UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
		TableName: aws.String(roomsTable), BillingMode: types.BillingModeProvisioned,
		ProvisionedThroughput: units, DeletionProtectionEnabled: aws.Bool(true),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{
			Update: &types.UpdateGlobalSecondaryIndexAction{
				IndexName: aws.String("ReverseLookup"), ProvisionedThroughput: units,
			},
		}},
	})
	must(t, err)
	_, err = lambda.NewFromConfig(r.config()).PutFunctionConcurrency(t.Context(),
		&lambda.PutFunctionConcurrencyInput{
			FunctionName:                 aws.String("chat-dev-websocket_message"),
			ReservedConcurrentExecutions: aws.Int32(7),
		})
	must(t, err)
	_, err = cloudwatchlogs.NewFromConfig(r.config()).PutRetentionPolicy(t.Context(),
		&cloudwatchlogs.PutRetentionPolicyInput{
			LogGroupName:    aws.String("/aws/lambda/chat-dev-websocket_connect"),
			RetentionInDays: aws.Int32(90),
		})
	must(t, err)
	r.aws.Settle = 1
}

func (r *rig) wantByHand(t *testing.T) {
	t.Helper()
	table := r.table(t)
	if *table.ProvisionedThroughput.ReadCapacityUnits != 40 || !*table.DeletionProtectionEnabled {
		t.Errorf("the table has %v, protection %v", table.ProvisionedThroughput,
			*table.DeletionProtectionEnabled)
	}
	for _, i := range table.GlobalSecondaryIndexes {
		if *i.ProvisionedThroughput.WriteCapacityUnits != 20 {
			t.Errorf("index %s has %v", *i.IndexName, i.ProvisionedThroughput)
		}
	}
	fn := r.function(t, "chat-dev-websocket_message")
	if fn.Concurrency == nil || *fn.Concurrency.ReservedConcurrentExecutions != 7 {
		t.Errorf("the concurrency is %v", fn.Concurrency)
	}
	groups, err := cloudwatchlogs.NewFromConfig(r.config()).DescribeLogGroups(t.Context(),
		&cloudwatchlogs.DescribeLogGroupsInput{
			LogGroupNamePrefix: aws.String("/aws/lambda/chat-dev-websocket_connect"),
		})
	must(t, err)
	if got := groups.LogGroups[0].RetentionInDays; got == nil || *got != 90 {
		t.Errorf("the retention is %v", got)
	}
}

// TestSettingsAreSetBackByName names what the test before does not.
func TestSettingsAreSetBackByName(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), silentApp(t)))
	r.setByHand(t)
	app := silentApp(t)
	for i := range app.Functions {
		app.Functions[i].LogRetention, app.Functions[i].ReservedConcurrency = new(0), new(-1)
	}
	app.Tables[0].OnDemand, app.Tables[0].DeletionProtection = true, new(false)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	if fn := r.function(t, "chat-dev-websocket_message"); fn.Concurrency != nil {
		t.Errorf("the concurrency is %v", fn.Concurrency)
	}
	if table := r.table(t); table.BillingModeSummary == nil || *table.DeletionProtectionEnabled {
		t.Errorf("the table is %v", table)
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}
