package awstest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// FuzzServe sends signed requests with any method, address, target and body: no request may make
// an operation panic, and a call that succeeds has no violations.
func FuzzServe(f *testing.F) {
	f.Add("iam", "POST", "/", "", "Action=CreateRole&Version=2010-05-08&RoleName=r&"+
		"Tags.member.1.Key=k&AssumeRolePolicyDocument="+url.QueryEscape(lambdaTrust))
	f.Add("logs", "POST", "/", "Logs_20140328.CreateLogGroup", `{"logGroupName":"g"}`)
	f.Add("logs", "POST", "/", "Logs_20140328.FilterLogEvents",
		`{"logGroupName":"g","filterPattern":"?a -\"b\" c"}`)
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.GetItem",
		`{"TableName":"t","Key":{"a":{"B":"AA=="}}}`)
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.CreateTable", `{"TableName":"ttt",
		"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`)
	f.Add("lambda", "POST", "/2015-03-31/functions", "", `{"FunctionName":"f","Role":
		"arn:aws:iam::123456789012:role/r","Code":{"ZipFile":"AAAA"},"Runtime":"provided.al2023"}`)
	f.Add("lambda", "GET", "/2015-03-31/functions?Marker=x&MaxItems=1", "", "")
	f.Add("apigateway", "POST", "/v2/apis", "", `{"name":"n","protocolType":"WEBSOCKET",
		"routeSelectionExpression":"$request.body.action","tags":{"a":"b"}}`)
	f.Add("apigateway", "DELETE",
		"/v2/tags/arn:aws:apigateway:us-west-2::%2Fapis%2Fa?tagKeys=a", "", "")
	f.Fuzz(func(t *testing.T, service, method, address, target, body string) {
		u, err := url.ParseRequestURI(address)
		if err != nil {
			return // a server would not see it
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, u, ""
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", contentTypes[service])
		c := awstest.New()
		status, _ := send(t, c, service, r)
		got := strings.Join(c.Violations(), "\n")
		if strings.Contains(got, "panic") || strings.Contains(got, "answer:") {
			t.Error(got)
		}
		if status < 400 && got != "" {
			t.Errorf("status %d, though %s", status, got)
		}
	})
}

var contentTypes = map[string]string{
	"iam": "application/x-www-form-urlencoded", "sts": "application/x-www-form-urlencoded",
	"logs": "application/x-amz-json-1.1", "dynamodb": "application/x-amz-json-1.0",
	"lambda": "application/json", "apigateway": "application/json",
}
