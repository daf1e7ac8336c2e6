package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// The responses of the stand-in are compared with the model as well.
func TestOutputsAreChecked(t *testing.T) {
	tests := []struct {
		name string
		out  map[string]any
		err  error
		want string // part of the violation; empty for none
	}{
		{"good", object{"logGroups": []object{{"logGroupName": "g", "retentionInDays": 7}}}, nil, ""},
		{"nil is left out", object{"logGroups": nil, "nextToken": nil}, nil, ""},
		{"unknown member", object{"groups": []string{}}, nil, "'groups'"},
		{"inner member", object{"logGroups": []object{{"name": "g"}}}, nil, "'logGroups.1.member.name'"},
		{"type", object{"nextToken": 1}, nil, "be a string"},
		{"enum", object{"logGroups": []object{{"logGroupClass": "GOLD"}}}, nil, "enum value set"},
		{"unknown error", nil, awstest.Fail(400, "Oops"), "the model has no error Oops"},
		{"known error", nil, awstest.Fail(400, "InvalidParameterException"), ""},
		{"panic", object{"nextToken": struct{}{}}, nil, "panic: an output has a struct {}"},
	}
	for _, tt := range tests {
		c := awstest.New()
		c.Answer("logs", "DescribeLogGroups", tt.out, tt.err)
		send(t, c, "logs", rpc("DescribeLogGroups", object{}))
		got := strings.Join(c.Violations(), "\n")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: violations %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Members of an output may be the status, headers, and the whole body.
func TestOutputOutsideOfJSON(t *testing.T) {
	c, cfg := start(t)
	c.Answer("lambda", "Invoke", object{
		"StatusCode": 202, "FunctionError": "Unhandled", "Payload": []byte("no JSON"),
	}, nil)
	out, err := lambda.NewFromConfig(cfg).Invoke(t.Context(),
		&lambda.InvokeInput{FunctionName: aws.String("f")})
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 202 || aws.ToString(out.FunctionError) != "Unhandled" ||
		string(out.Payload) != "no JSON" {
		t.Errorf("status %d, error %v, payload %q", out.StatusCode, out.FunctionError, out.Payload)
	}
}
