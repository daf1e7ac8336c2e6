package deploy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// streamed has a trigger by the stream of a table of its own, which it names.
func streamed(t testing.TB) deploy.Application {
	app := echo(t)
	app.Name = "shop"
	app.Functions = append(app.Functions, function(t, "changes", "one"))
	app.Triggers = []deploy.Trigger{
		{Name: "changes", Source: spec.DynamoDB, From: "orders", Window: -1},
	}
	app.Tables = []deploy.Table{{
		LogicalName: "orders", Name: "shop-dev-orders", Variable: "TABLE", Stream: "NEW_IMAGE",
		PartitionKey: deploy.Attribute{Name: "id"},
	}}
	return app
}

// streamOf returns the ARN of the stream of a table.
func (r *rig) streamOf(t *testing.T, table string) string {
	t.Helper()
	out, err := r.dynamo().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	must(t, err)
	return aws.ToString(out.Table.LatestStreamArn)
}

// readsStream fails unless the function of the trigger reads the stream of a table, and no other.
func (r *rig) readsStream(t *testing.T, table string) {
	t.Helper()
	batch, err := r.aws.Consumer(r.streamOf(t, table))
	if err != nil || batch.Function.Name != "shop-dev-changes" {
		t.Errorf("the stream of %s is read by %q, %v", table, batch.Function.Name, err)
	}
	mappings := 0
	for _, res := range r.aws.Resources() {
		if strings.HasPrefix(res, "lambda mapping ") {
			mappings++
		}
	}
	if mappings > 1 {
		t.Errorf("there are %d mappings: %q", mappings, r.aws.Resources())
	}
}

// TestStreamOfATable: the table of a trigger is made with its stream, gets another stream, and
// goes, also from a fresh checkout.
func TestStreamOfATable(t *testing.T) {
	r, app := newRig(t), streamed(t)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.readsStream(t, "shop-dev-orders")
	before := r.streamOf(t, "shop-dev-orders")
	app.Tables[0].Stream = "NEW_AND_OLD_IMAGES"
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	if r.streamOf(t, "shop-dev-orders") == before {
		t.Fatal("the stream is the same")
	}
	r.readsStream(t, "shop-dev-orders")
	app.Tables[0].Stream = "" // the stream stays
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.readsStream(t, "shop-dev-orders")
	r.forget(t)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestStreamOfATableGoesOn fails a call of a first deploy, and of one that replaces the stream.
func TestStreamOfATableGoesOn(t *testing.T) {
	for _, view := range []string{"", "KEYS_ONLY"} {
		app := streamed(t)
		prepare := nothing
		if view != "" {
			prepare = func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), streamed(t))) }
			app.Tables[0].Stream = view
		}
		t.Run("view "+view, func(t *testing.T) {
			eachCall(t, failures(), prepare, func(ctx context.Context, r *rig) error {
				return r.deploy(ctx, app)
			}, func(t *testing.T, r *rig) {
				must(t, r.deploy(t.Context(), app))
				r.settled(t, app)
				r.readsStream(t, "shop-dev-orders")
				must(t, r.delete(t.Context(), app))
				r.empty(t)
			})
		})
	}
}

// strangeTable makes a table that is not the application's.
func (r *rig) strangeTable(t *testing.T, name, view string) {
	t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash},
		},
	}
	if view != "" {
		in.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(view),
		}
	}
	_, err := r.dynamo().CreateTable(t.Context(), in)
	must(t, err)
}

// TestStreamOfAnotherTable looks up the stream of a table that was there before, which stays.
func TestStreamOfAnotherTable(t *testing.T) {
	r, app := newRig(t), streamed(t)
	app.Tables = nil
	r.strangeTable(t, "orders", "KEYS_ONLY")
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.readsStream(t, "orders")
	account := deploy.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	if !slices.ContainsFunc(deploy.DeployerPolicy(app, account).Statement,
		func(s spec.Statement) bool {
			return s.SID == "Streams" && slices.Equal(s.Action, []string{"dynamodb:DescribeTable"}) &&
				s.Resource[0] == "arn:aws:dynamodb:us-west-2:123456789012:table/orders"
		}) {
		t.Error("the deployer may not look up the table")
	}
	r.forget(t)
	must(t, r.delete(t.Context(), app))
	if left := r.aws.Resources(); !slices.Equal(left, []string{"dynamodb table orders"}) {
		t.Errorf("left are %q", left)
	}
}

// TestStreamByAnotherName: a trigger that named the ARN of a stream names its table, and the other
// way round. Its mapping stays.
func TestStreamByAnotherName(t *testing.T) {
	r, app := newRig(t), streamed(t)
	must(t, r.deploy(t.Context(), app))
	created := r.calls("CreateEventSourceMapping")
	arn := r.streamOf(t, "shop-dev-orders")
	for _, from := range []string{arn, "orders", "shop-dev-orders", arn} {
		app.Triggers[0].From = from
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		r.readsStream(t, "shop-dev-orders")
	}
	if n := r.calls("DeleteEventSourceMapping") + r.calls("CreateEventSourceMapping"); n != created {
		t.Errorf("mappings were made or deleted %d times", n-created)
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestTablesWithoutAStream: what to do is in the error, and nothing was made.
func TestTablesWithoutAStream(t *testing.T) {
	r := newRig(t)
	r.strangeTable(t, "silent", "")
	r.strangeTable(t, "shop-dev-old", "KEYS_ONLY")
	before := r.aws.Resources()
	type app = deploy.Application
	for want, change := range map[string]func(*app){
		`give tables.orders "stream_view_type"`: func(a *app) { a.Tables[0].Stream = "" },
		`"NONE" in tables.orders ends`:          func(a *app) { a.Tables[0].Stream = "NONE" },
		"there is no table other":               func(a *app) { a.Triggers[0].From = "other" },
		"aws dynamodb update-table --table-name silent --stream-specification": func(a *app) {
			a.Triggers[0].From = "silent"
		},
		"stays unchanged": func(a *app) { a.Tables[0].Name = "shop-dev-old" },
	} {
		app := streamed(t)
		change(&app)
		if err := r.deploy(t.Context(), app); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
}
