package application

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestNameOfAState(t *testing.T) {
	for _, test := range []struct {
		res  deploy.Resource
		want string
	}{
		{
			deploy.Resource{
				Type: deploy.TypeAPI, Name: "websocket_api", APIName: "a-dev-dev-websocket-api",
			}, "a-dev",
		},
		{
			deploy.Resource{
				Type: deploy.TypeFunction, Name: "websocket_message", FunctionName: "a-dev-websocket_message",
			}, "a",
		},
		{
			deploy.Resource{
				Type: deploy.TypeLogGroup, Name: "websocket_message-log-group",
				LogGroupName: "/aws/lambda/a-dev-websocket_message",
			}, "a",
		},
		{deploy.Resource{Type: deploy.TypeRole, Name: "default-role", RoleName: "a-dev"}, "a"},
		{
			deploy.Resource{
				Type: deploy.TypeRole, Name: "websocket_message_role", RoleName: "a-dev-websocket_message",
			}, "a",
		},
		{deploy.Resource{Type: deploy.TypeTable, Name: "rooms", TableName: "a-dev-rooms"}, "a"},
		{deploy.Resource{Type: deploy.TypeTable, Name: "rooms", TableName: "of-another-name"}, ""},
	} {
		got := NameOf(deploy.State{Resources: []deploy.Resource{test.res}}, "dev")
		if got != test.want {
			t.Errorf("the application of %+v is %q, want %q", test.res, got, test.want)
		}
	}
}
