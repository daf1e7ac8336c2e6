package lambda_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/lambda"
)

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:abcd1234/prod/$connect"

func TestAuthorizer(t *testing.T) {
	const policy = `"policyDocument":{"Version":"2012-10-17","Statement":[` +
		`{"Action":"execute-api:Invoke","Effect":"EFFECT","Resource":"` + methodARN + `"}]}`
	tests := []struct {
		token string
		want  string
		err   string
	}{
		{
			"t", `{"principalId":"john",` + strings.Replace(policy, "EFFECT", "Allow", 1) +
				`,"context":{"flag":true,"number":7,"token":"t"}}`, "",
		},
		{"deny", `{"principalId":"denied",` + strings.Replace(policy, "EFFECT", "Deny", 1) + `}`, ""},
		{"unknown", "", "Unauthorized"},
		{"", "", "Unauthorized"}, // an identity source is missing
		{"error", "", errSecret.Error()},
		{"panic", "", "panic: " + errSecret.Error()},
		{"large", "", "more than 8192"},
	}
	host := newHost(t, program(), lambda.Config{})
	for _, tt := range tests {
		got, err := host.Invoke(t.Context(), connect(t, "authorizer", tt.token))
		if string(got) != tt.want {
			t.Errorf("%q: result %s, want %s", tt.token, got, tt.want)
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		// API Gateway compares "Unauthorized" as a whole.
		if text != tt.err &&
			(tt.err == "Unauthorized" || tt.err == "" || !strings.Contains(text, tt.err)) {
			t.Errorf("%q: error %q, want %q", tt.token, text, tt.err)
		}
	}
}

// TestAuthorizerResultIsParsedByGateway reads what the authorizer says as a gateway does.
func TestAuthorizerResultIsParsedByGateway(t *testing.T) {
	host := newHost(t, program(), lambda.Config{})
	for token, want := range map[string]bool{"t": true, "deny": false} {
		got, err := host.Invoke(t.Context(), connect(t, "authorizer", token))
		if err != nil {
			t.Fatal(err)
		}
		id, allowed, err := apigw.ParseAuthorizerResult(got, methodARN)
		if err != nil || allowed != want {
			t.Errorf("%s: allowed is %v, %v", token, allowed, err)
		}
		if want && (id.Principal != "john" || id.Context["token"] != "t" || id.Context["number"] != 7.0 ||
			id.Context["flag"] != true) {
			t.Errorf("%s: %v", token, id)
		}
	}
}

// TestAuthorizerRequestWithMessageEvent asks what API Gateway never does.
func TestAuthorizerRequestWithMessageEvent(t *testing.T) {
	data := payload(t, "authorizer", `"eventType": "CONNECT"`, `"eventType": "MESSAGE"`)
	got, err := newHost(t, program(), lambda.Config{}).Invoke(t.Context(), data)
	if err == nil || !strings.Contains(err.Error(), "about a MESSAGE event") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAuthorizerRequestWithoutAuthorizer(t *testing.T) {
	got, err := newHost(
		t,
		tyg.New("open"),
		lambda.Config{},
	).Invoke(t.Context(), payload(t, "authorizer"))
	if err == nil || got != nil || !strings.Contains(err.Error(), "has none") {
		t.Errorf("an application without authorizer answered %s, %v", got, err)
	}
}

// TestMessageThatLooksLikeAuthorizerRequest sends a message whose body is an authorizer's event.
func TestMessageThatLooksLikeAuthorizerRequest(t *testing.T) {
	data := payload(t, "message", messageBody, `"body": "{\"type\":\"REQUEST\",\"methodArn\":\"x\"}"`)
	got, err := newHost(t, program(), lambda.Config{}).Invoke(t.Context(), data)
	if string(got) != `{"statusCode":200}` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
