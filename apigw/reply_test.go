package apigw_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func TestMarshalReply(t *testing.T) {
	tests := []struct {
		name string
		in   tyg.Reply
		want string
	}{
		{"zero", tyg.Reply{}, `{"statusCode":200}`},
		{
			"refused",
			tyg.Reply{Status: 401, Body: []byte("no \"you\"")},
			`{"statusCode":401,"body":"no \"you\""}`,
		},
		{
			"subprotocol",
			tyg.Reply{Subprotocol: "chat"},
			`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"chat"}}`,
		},
		{
			"binary",
			tyg.Reply{Body: []byte{0xff, 0}, Type: tyg.Binary},
			`{"statusCode":200,"body":"/wA=","isBase64Encoded":true}`,
		},
		{
			"binary that is text",
			tyg.Reply{Body: []byte("a"), Type: tyg.Binary},
			`{"statusCode":200,"body":"YQ==","isBase64Encoded":true}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(apigw.MarshalReply(tt.in)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnmarshalReply(t *testing.T) {
	tests := []struct {
		name, in string
		want     tyg.Reply
	}{
		{"smallest", `{"statusCode":200}`, tyg.Reply{Status: 200}},
		{"empty object", ` {} `, tyg.Reply{Status: 200}},
		{"status of Gson", `{"statusCode":200.0}`, tyg.Reply{Status: 200}},
		{"status with an exponent", `{"statusCode":4.03e2}`, tyg.Reply{Status: 403}},
		{"status as text", `{"statusCode":"401"}`, tyg.Reply{Status: 401}},
		{"body", ` {"statusCode":200,"body":"hi"} `, tyg.Reply{Status: 200, Body: []byte("hi")}},
		{"empty body", `{"statusCode":200,"body":""}`, tyg.Reply{Status: 200, Body: []byte{}}},
		{
			"nulls",
			`{"statusCode":200,"body":null,"headers":null,"multiValueHeaders":null,"isBase64Encoded":null}`,
			tyg.Reply{Status: 200},
		},
		{
			"base64", `{"statusCode":200,"body":"/wA=","isBase64Encoded":true}`,
			tyg.Reply{Status: 200, Body: []byte{0xff, 0}, Type: tyg.Binary},
		},
		{
			"subprotocol", `{"statusCode":200,"headers":{"sec-websocket-protocol":"chat","X":1}}`,
			tyg.Reply{Status: 200, Subprotocol: "chat"},
		},
		{
			"subprotocol in list",
			`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a"},` +
				`"multiValueHeaders":{"SEC-WEBSOCKET-PROTOCOL":["b"],"Set-Cookie":["x","y"]}}`,
			tyg.Reply{Status: 200, Subprotocol: "b"},
		},
		{
			"subprotocol in empty list",
			`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a"},` +
				`"multiValueHeaders":{"Sec-WebSocket-Protocol":[]}}`,
			tyg.Reply{Status: 200, Subprotocol: "a"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apigw.UnmarshalReply([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestUnmarshalReplyRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", ``, "unexpected end"},
		{"null", `null`, "statusCode is missing"},
		{"text", `"ok"`, "cannot unmarshal string"},
		{"list", `[200]`, "cannot unmarshal array"},
		{"null status", `{"statusCode":null}`, "statusCode is missing"},
		{"only a body", `{"body":"hi"}`, "statusCode is missing"},
		{"other case", `{"StatusCode":200}`, `unknown key "StatusCode"`},
		{"unknown key", `{"statusCode":200,"cookies":[]}`, `unknown key "cookies"`},
		{"status is text", `{"statusCode":"ok"}`, `statusCode is "ok"`},
		{"status is no status", `{"statusCode":99}`, "statusCode is 99"},
		{"status over 599", `{"statusCode":600}`, "statusCode is 600"},
		{"status is fraction", `{"statusCode":200.5}`, "statusCode is 200.5"},
		{"status is text of a fraction", `{"statusCode":"200.0"}`, `statusCode is "200.0"`},
		{"status is small", `{"statusCode":1e-3}`, "statusCode is 1e-3"},
		{"status is large", `{"statusCode":1e300}`, "statusCode is 1e300"},
		{"status is negative", `{"statusCode":-200.0}`, "statusCode is -200.0"},
		{"body is object", `{"statusCode":200,"body":{"a":1}}`, "body is not a string"},
		{"body is number", `{"statusCode":200,"body":1}`, "body is not a string"},
		{"flag is text", `{"statusCode":200,"isBase64Encoded":"true"}`, "isBase64Encoded is not"},
		{"no base64", `{"statusCode":200,"body":"?","isBase64Encoded":true}`, "decode base64 body"},
		{"headers is list", `{"statusCode":200,"headers":[]}`, "headers is not an object"},
		{
			"multiValueHeaders of text", `{"statusCode":200,"multiValueHeaders":{"A":"b"}}`,
			"multiValueHeaders is not an object of arrays",
		},
		{
			"subprotocol is number", `{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":1}}`,
			"Sec-WebSocket-Protocol is not a string",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apigw.UnmarshalReply([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if !reflect.DeepEqual(got, tyg.Reply{}) {
				t.Errorf("reply %+v beside an error", got)
			}
		})
	}
}

func FuzzUnmarshalReply(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"sec-websocket-protocol":"chat"},"body":"hi"}`))
	f.Add([]byte(`{"statusCode":"500","body":"/wA=","isBase64Encoded":true}`))
	f.Add([]byte(`{"statusCode":200,"multiValueHeaders":{"Sec-WebSocket-Protocol":["a","b"]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := apigw.UnmarshalReply(data)
		if err != nil {
			return
		}
		if r.Status < 100 || r.Status > 599 {
			t.Errorf("accepted status %d", r.Status)
		}
		again, err := apigw.UnmarshalReply(apigw.MarshalReply(r))
		if err != nil {
			t.Fatalf("own reply: %v", err)
		}
		same := again.Status == r.Status && again.Subprotocol == r.Subprotocol &&
			bytes.Equal(again.Body, r.Body)
		if !same {
			t.Errorf("changed on the way: %+v, %+v", r, again)
		}
	})
}
