package awstest_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// Every operation in the models is served, and nothing else is.
func TestEveryOperationIsServed(t *testing.T) {
	missing, extra := awstest.Unserved()
	if len(missing) > 0 || len(extra) > 0 {
		t.Errorf("not served: %q\nnot in the models: %q", missing, extra)
	}
}

// wantViolation sends r and expects exactly one violation with the text, and an error.
func wantViolation(t *testing.T, service string, r *http.Request, want string) {
	t.Helper()
	c := awstest.New()
	status, body := send(t, c, service, r)
	got := c.Violations()
	if len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("violations %q, want one with %q", got, want)
	}
	if status < 400 {
		t.Errorf("%s: status %d: %s, want an error", want, status, body)
	}
	if got := c.Resources(); len(got) > 0 {
		t.Errorf("%s: it took effect: %v", want, got)
	}
}

type object = map[string]any

func TestViolationsOfJSON(t *testing.T) {
	tests := []struct {
		operation string
		input     any
		want      string
	}{
		{"CreateLogGroups", object{"logGroupName": "g"}, `unknown operation "CreateLogGroups"`},
		{"CreateLogGroup", object{"logGroupName": "g", "name": "g"}, "name: unknown member"},
		{"CreateLogGroup", object{"LogGroupName": "g", "logGroupName": "g"}, "unknown member"},
		{"CreateLogGroup", object{}, "Value null at 'logGroupName'"},
		{"CreateLogGroup", object{"logGroupName": nil}, "Value null at 'logGroupName'"},
		{"CreateLogGroup", object{"logGroupName": 1}, "Member must be a string"},
		{"CreateLogGroup", object{"logGroupName": "a b"}, "regular expression pattern"},
		{
			"CreateLogGroup",
			object{"logGroupName": strings.Repeat("g", 513)},
			"length less than or equal to 512",
		},
		{
			"CreateLogGroup",
			object{"logGroupName": "g", "logGroupClass": "GOLD"},
			"satisfy enum value set: [STANDARD",
		},
		{
			"CreateLogGroup",
			object{"logGroupName": "g", "tags": object{"a": 1}},
			"Value '1' at 'tags.a.member'",
		},
		{"DescribeLogGroups", object{"limit": 51}, "value less than or equal to 50"},
		{"DescribeLogGroups", object{"limit": 1.5}, "be a integer"},
		{
			"PutLogEvents", object{
				"logGroupName": "g", "logStreamName": "s", "logEvents": []object{{"message": "m"}},
			}, "Value null at 'logEvents.1.member.timestamp'",
		},
		{"PutLogEvents", object{
			"logGroupName": "g", "logStreamName": "s", "logEvents": []object{},
		}, "length greater than or equal to 1"},
		{
			"ListTagsForResource",
			object{"resourceArn": "arn:aws:logs:us-west-2:1:log-group:g:*"},
			"regular expression pattern",
		},
		{"DescribeLogGroups", []int{1}, "body is not a JSON object"},
	}
	for _, tt := range tests {
		wantViolation(t, "logs", rpc(tt.operation, tt.input), tt.want)
	}
}

func TestViolationsOfFraming(t *testing.T) {
	list := func(change func(r *http.Request)) *http.Request {
		r := rpc("DescribeLogGroups", object{})
		change(r)
		return r
	}
	wantViolation(t, "logs", list(func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
	}), "Content-Type")
	wantViolation(t, "logs", list(func(r *http.Request) { r.URL.Path = "/logs" }),
		"POST / is expected")
	wantViolation(t, "logs", list(func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader("{} {}"))
	}), "data follows the JSON object")
	wantViolation(t, "dynamodb", list(func(*http.Request) {}), "unknown operation")
	wantViolation(t, "cloudwatch", list(func(*http.Request) {}), "not signed for a service")
}

func TestSignatureIsVerified(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *http.Request)
		want   string
	}{
		{"none", func(r *http.Request) { r.Header.Del("Authorization") }, "not signed"},
		{"wrong", func(r *http.Request) {
			r.Header.Set("X-Amz-Target", "Logs_20140328.DeleteLogGroup")
		}, "does not match"},
		{"unknown key", func(r *http.Request) {
			sigv4.Sign(r, []byte("{}"), sigv4.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"},
				awstest.Region, "logs", time.Now())
		}, "security token"},
		{"another region", func(r *http.Request) {
			id, secret := awstest.New().Key()
			sigv4.Sign(r, []byte("{}"), sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
				"eu-central-1", "logs", time.Now())
		}, "valid region"},
	}
	for _, tt := range tests {
		c := awstest.New()
		id, secret := c.Key()
		r := rpc("DescribeLogGroups", object{})
		sigv4.Sign(r, []byte("{}"), sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
			awstest.Region, "logs", time.Now())
		tt.change(r)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		got := c.Violations()
		if w.Code != 403 || len(got) != 1 || !strings.Contains(got[0], tt.want) {
			t.Errorf("%s: status %d, %q, want 403 and %q", tt.name, w.Code, got, tt.want)
		}
	}
}

// A signature never expires: tests may have a clock of their own.
func TestSignatureNeverExpires(t *testing.T) {
	c := awstest.New()
	id, secret := c.Key()
	r := rpc("DescribeLogGroups", object{})
	sigv4.Sign(r, []byte("{}"), sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
		awstest.Region, "logs", time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if w.Code != 200 || len(c.Violations()) > 0 {
		t.Errorf("status %d, %q", w.Code, c.Violations())
	}
}

// form makes a request of the query protocol for IAM.
func form(values url.Values) *http.Request {
	all := url.Values{"Version": {"2010-05-08"}}
	maps.Copy(all, values)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(all.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func TestViolationsOfQuery(t *testing.T) {
	create := func(more url.Values) url.Values {
		all := url.Values{
			"Action": {"CreateRole"}, "RoleName": {"r"},
			"AssumeRolePolicyDocument": {lambdaTrust},
		}
		maps.Copy(all, more)
		return all
	}
	tests := []struct {
		values url.Values
		want   string
	}{
		{url.Values{"Action": {"CreateRoll"}}, "unknown operation"},
		{url.Values{"Action": {"GetRole"}}, "Value null at 'RoleName'"},
		{create(url.Values{"Version": {"2010-05-07"}}), `"2010-05-07", want "2010-05-08"`},
		{create(url.Values{"Name": {"r"}}), "Name: unknown member"},
		{create(url.Values{"RoleName": {"a/b"}}), "regular expression pattern"},
		{create(url.Values{"RoleName": {strings.Repeat("r", 65)}}), "less than or equal to 64"},
		{create(url.Values{"MaxSessionDuration": {"60"}}), "greater than or equal to 3600"},
		{create(url.Values{"MaxSessionDuration": {"hour"}}), "be a integer"},
		{create(url.Values{"Tags.member.1.Key": {"k"}}), "Value null at 'Tags.1.member.Value'"},
		{create(url.Values{"Tags.1.Key": {"k"}}), `a list without "member"`},
		{create(url.Values{
			"Tags.member.2.Key": {"k"}, "Tags.member.2.Value": {"v"},
		}), "a list without element 1"},
	}
	for _, tt := range tests {
		wantViolation(t, "iam", form(tt.values), tt.want)
	}
	r := form(create(nil))
	r.Method = http.MethodPut
	wantViolation(t, "iam", r, "POST / with application/x-www-form-urlencoded is expected")
}

func TestViolationsOfREST(t *testing.T) {
	tests := []struct{ method, target, body, want string }{
		{"GET", "/2015-03-31/function/x", "", "unknown operation"},
		{"PATCH", "/2015-03-31/functions/x", "", "unknown operation"},
		{"GET", "/2015-03-31/functions/x?Qualify=1", "", "Qualify: unknown member in the query"},
		{"GET", "/2015-03-31/functions/x?Qualifier=1&Qualifier=2", "", "Qualifier: given 2 times"},
		{"GET", "/2015-03-31/functions/a%20b", "", "regular expression pattern"},
		{"GET", "/2015-03-31/functions?MaxItems=none", "", "be a integer"},
		{"GET", "/2015-03-31/functions?MaxItems=10001", "", "less than or equal to 10000"},
		{
			"PUT", "/2017-10-31/functions/x/concurrency",
			`{"ReservedConcurrentExecutions":1,"N":1}`, "unknown member",
		},
		{
			"PUT", "/2017-10-31/functions/x/concurrency",
			`{"ReservedConcurrentExecutions":"1"}`, "be a integer",
		},
		{
			"PUT", "/2015-03-31/functions/x/code", `{"ZipFile":"%%%"}`,
			"ZipFile: not base64",
		},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
		wantViolation(t, "lambda", r, tt.want)
	}
	r := httptest.NewRequest("POST", "/v2/apis", strings.NewReader(`{"Name":"n"}`))
	wantViolationsOf(t, "apigateway", r, "Name: unknown member",
		"Value null at 'ProtocolType'", "Value null at 'Name'")
}

// wantViolationsOf sends r and expects one violation with each of the texts.
func wantViolationsOf(t *testing.T, service string, r *http.Request, want ...string) {
	t.Helper()
	c := awstest.New()
	if status, body := send(t, c, service, r); status != 400 {
		t.Errorf("status %d: %s, want 400", status, body)
	}
	got := c.Violations()
	if len(got) != len(want) {
		t.Fatalf("violations %q, want %q", got, want)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("violation %q, want %q", got[i], want[i])
		}
	}
}

func TestErrorsHaveTheFormOfTheProtocol(t *testing.T) {
	c := awstest.New()
	_, body := send(t, c, "iam", form(url.Values{"Action": {"GetRole"}, "RoleName": {"a"}}))
	const xml = "<Error><Type>Sender</Type><Code>NoSuchEntity</Code>" +
		"<Message>The role with name a cannot be found.</Message></Error>"
	if !strings.Contains(body, xml) {
		t.Errorf("query: %s, want %s", body, xml)
	}
	_, body = send(t, c, "logs", rpc("DeleteLogGroup", object{"logGroupName": "g"}))
	const json = `{"__type":"ResourceNotFoundException",` +
		`"message":"The specified log group does not exist."}`
	if body != json {
		t.Errorf("json: %s, want %s", body, json)
	}
	r := httptest.NewRequest("GET", "/v2/apis/none", nil)
	id, secret := c.Key()
	sigv4.Sign(r, nil, sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
		awstest.Region, "apigateway", time.Now())
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	got := w.Header().Get("X-Amzn-Errortype")
	if w.Code != 404 || got != "NotFoundException" ||
		!strings.Contains(w.Body.String(), `"message":`) {
		t.Errorf("rest: status %d, type %q, %s", w.Code, got, w.Body)
	}
}

// null in JSON is a member that is absent.
func TestNullIsAbsent(t *testing.T) {
	c := awstest.New()
	in := object{"logGroupName": "g", "logGroupClass": nil}
	if status, body := send(t, c, "logs", rpc("CreateLogGroup", in)); status != 200 {
		t.Errorf("status %d: %s", status, body)
	}
	if got := c.Violations(); len(got) > 0 {
		t.Errorf("violations %q", got)
	}
}

// Operations on items are served by package dynamodb, and are recorded as calls too.
func TestItemOperationsAreCalls(t *testing.T) {
	c := awstest.New()
	get := dynamo("GetItem", object{"TableName": "none", "Key": object{"PK": object{"S": "a"}}})
	if status, body := send(t, c, "dynamodb", get); status != 400 {
		t.Errorf("status %d: %s, want 400", status, body)
	}
	calls := c.Calls()
	if len(calls) != 1 || calls[0].Code != "ResourceNotFoundException" {
		t.Errorf("calls %+v, want one that found no table", calls)
	}
	wantViolation(t, "dynamodb", dynamo("GetItem", object{"TableName": "none"}),
		"Value null at 'Key'")
}

func TestConcurrentCalls(t *testing.T) {
	c, cfg := start(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { // ends with its call; wg waits for it
			if err := createGroup(t, cfg, fmt.Sprint("g", i)); err != nil {
				t.Error(err)
			}
			c.Resources()
		})
	}
	wg.Wait()
	if got := len(c.Resources()); got != 20 || len(c.Calls()) != 20 {
		t.Errorf("%d groups after %d calls, want 20", got, len(c.Calls()))
	}
}
