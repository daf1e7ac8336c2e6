package deploy_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// TestC25LogGroupsAreFoundByTheirWholeName has other groups whose names begin with that of ours.
func TestC25LogGroupsAreFoundByTheirWholeName(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{
		"/aws/lambda/echo-server-dev-websocket_message-2",
		"/aws/lambda/echo-server-dev-websocket_message2",
		"/aws/lambda/echo-server-dev-websocket_messages",
	} {
		r.makeLogGroup(t, name)
	}
	app := echo(t)
	app.Functions[0].LogRetention = new(7)
	must(t, r.deploy(t.Context(), app))
	want := "logs group /aws/lambda/echo-server-dev-websocket_message"
	if !slices.Contains(r.aws.Resources(), want) {
		t.Errorf("there is no %s in %v", want, r.aws.Resources())
	}
	r.settled(t, app)
}

// TestC28DeleteDeletesLogGroups deletes groups with what is in them. To delete their retention
// would keep them for ever.
func TestC28DeleteDeletesLogGroups(t *testing.T) {
	r := newRig(t)
	app := echo(t)
	app.Functions[0].LogRetention = new(7)
	must(t, r.deploy(t.Context(), app))
	must(t, r.delete(t.Context(), app))
	r.empty(t)
	for _, call := range r.aws.Calls() {
		if call.Operation == "DeleteRetentionPolicy" {
			t.Error("the retention was deleted")
		}
	}
}

// TestLogGroupCreatedByLambdaIsUsed has a function that was called before its group was made.
func TestLogGroupCreatedByLambdaIsUsed(t *testing.T) {
	r := newRig(t)
	r.makeLogGroup(t, "/aws/lambda/echo-server-dev-websocket_message")
	app := echo(t)
	app.Functions[0].LogRetention = new(14)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	app.Tags = map[string]string{"team": "tea"}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	app.Tags, app.Functions[0].LogRetention = nil, new(0)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

func (r *rig) makeLogGroup(t *testing.T, name string) {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(r.config())
	_, err := client.CreateLogGroup(context.Background(),
		&cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	must(t, err)
}
