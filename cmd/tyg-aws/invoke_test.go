package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// What invoke sends is what API Gateway would.
func TestSampleEvents(t *testing.T) {
	api := deploy.Resource{APIID: "abc", APIURL: "wss://abc.execute-api.us-west-2.amazonaws.com/v2/"}
	for kind, want := range map[string]tyg.EventType{
		"connect": tyg.EventConnect, "message": tyg.EventMessage, "disconnect": tyg.EventDisconnect,
	} {
		data, err := sampleEvent(kind, "hi", api)
		if err != nil {
			t.Fatal(err)
		}
		e, err := apigw.UnmarshalEvent(data, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, data)
		}
		if e.Type != want || e.Conn.Stage != "v2" || e.Conn.APIID != "abc" || !apigw.ValidID(e.Conn.ID) ||
			e.Conn.Domain != "abc.execute-api.us-west-2.amazonaws.com" {
			t.Errorf("the sample of %s is %s", kind, data)
		}
		if kind == "message" && e.Message.Text() != "hi" {
			t.Errorf("the message is %q", e.Message.Data)
		}
	}
	if _, err := sampleEvent("conect", "", api); err == nil {
		t.Error("there is a sample of an event that does not exist")
	}
}

func TestInvoke(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitFailure, "tyg: stage \"dev\" is not deployed; run tyg deploy\n", "invoke",
		"--event", "message")
	a.must("deploy")
	for _, args := range [][]string{
		{"invoke", "--event", "message", "--body", "hi"},
		{"invoke", "-n", "websocket_message", "--event", "message", "--body", "hi"},
	} {
		before := len(a.Calls())
		o := a.tyg(args...)
		if o.status != cli.ExitOK {
			t.Errorf("%q: status %d, stderr %s", args, o.status, o.stderr)
		}
		if !json.Valid([]byte(o.stdout)) || !strings.HasSuffix(o.stdout, "\n") {
			t.Errorf("%q printed %q", args, o.stdout)
		}
		sent := a.Calls()[before:]
		if len(sent) != 1 || sent[0].Operation != "Invoke" {
			t.Fatalf("%q called %+v", args, sent)
		}
		payload, _ := sent[0].Input["Payload"].([]byte)
		if e, err := apigw.UnmarshalEvent(payload, nil); err != nil || e.Message.Text() != "hi" {
			t.Errorf("%q sent %s", args, payload)
		}
	}
	o := a.tygWith(t.Context(), `{"a": 1}`, "invoke")
	calls := a.Calls()
	if got, _ := calls[len(calls)-1].Input["Payload"].([]byte); o.status != cli.ExitOK ||
		string(got) != `{"a": 1}` {
		t.Errorf("status %d, and it sent %q, want standard input", o.status, got)
	}
}

func TestInvokeUsageErrors(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	a.fails(cli.ExitUsage, "tyg: there is no function \"websocket_mesage\"; did you mean "+
		"\"websocket_message\"?; use one of websocket_message; see tyg invoke --help\n",
		"invoke", "-n", "websocket_mesage", "--event", "message")
	a.fails(cli.ExitUsage, "tyg: --event \"conect\" is not one of connect, message, disconnect; see "+
		"tyg invoke --help\n",
		"invoke", "--event", "conect")
	a.fails(cli.ExitUsage, "tyg: --body is the text of a sample message", "invoke", "--body", "hi")
	if o := a.tygWith(t.Context(), "{", "invoke"); o.status != cli.ExitFailure ||
		o.stderr != "tyg: the payload on standard input is not JSON\n" {
		t.Errorf("status %d, stderr %q", o.status, o.stderr)
	}
}

func TestInvokeReportsFailures(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	a.OnInvoke(func(awstest.Function, []byte) ([]byte, string) {
		const failed = `{"errorType": "panic", "errorMessage": "no table", "stackTrace": ["main.go:3"]}`
		return []byte(failed), "Unhandled"
	})
	a.fails(cli.ExitFailure, "  main.go:3\npanic: no table\n"+
		"tyg: the function failed; see above\n", "invoke", "--event", "message")
	a.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "Invoke" {
			return awstest.Deny
		}
		return awstest.None
	})
	a.fails(cli.ExitFailure, "tyg: call refused by Lambda with AccessDeniedException:\nUser: ",
		"invoke", "--event", "message")
}
