package apigw_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/apigw"
)

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:abcd1234/prod/$connect"

func TestMarshalAuthorizerRequest(t *testing.T) {
	e, err := apigw.UnmarshalEvent(golden(t, "authorizer.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Conn.Identity.Principal = "not yet"
	got, err := apigw.MarshalAuthorizerRequest(e, methodARN)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, got, golden(t, "authorizer.json"))
	if e.Conn.Identity.Principal == "" {
		t.Error("the event was changed")
	}
}

func TestMarshalAuthorizerRequestEmpty(t *testing.T) {
	e := connect()
	e.Conn.StageVariables = map[string]string{"k": "v"}
	got, err := apigw.MarshalAuthorizerRequest(e, methodARN)
	if err != nil {
		t.Fatal(err)
	}
	want := `"queryStringParameters":{},"multiValueQueryStringParameters":{},` +
		`"stageVariables":{"k":"v"},"requestContext":{`
	if !strings.Contains(string(got), want) {
		t.Errorf("got %s, want it with %s", got, want)
	}
}

// TestMarshalAuthorizerRequestKeepsNames checks that an authorizer gets the names as sent, those of
// the upgrade too, and one content-length however the client spelt its own.
func TestMarshalAuthorizerRequestKeepsNames(t *testing.T) {
	e := connect()
	e.Request.Header = http.Header{
		"X-Api-Key": {"k"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Content-Length": {"0"},
	}
	e.Request.HeaderNames = []string{"CONTENT-LENGTH", "upgrade", "connection", "x-api-key"}
	got, err := apigw.MarshalAuthorizerRequest(e, methodARN)
	if err != nil {
		t.Fatal(err)
	}
	want := `"headers":{"Host":"localhost:8080","connection":"Upgrade","content-length":"0",` +
		`"upgrade":"websocket","x-api-key":"k"},`
	if !strings.Contains(string(got), want) {
		t.Errorf("got %s, want it with %s", got, want)
	}
}

func TestMarshalAuthorizerRequestRefuses(t *testing.T) {
	if _, err := apigw.MarshalAuthorizerRequest(message(), methodARN); err == nil {
		t.Error("a message was accepted")
	}
	e := connect()
	e.Request = nil
	if _, err := apigw.MarshalAuthorizerRequest(e, methodARN); err == nil {
		t.Error("an event without request was accepted")
	}
}

func result(statements string) string {
	return `{"principalId":"ann","policyDocument":{"Version":"2012-10-17","Statement":` +
		statements + `}}`
}

func statement(effect, action, resource string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":%q}`, effect, action, resource)
}

// javaPolicy returns the two statements of AWS's blueprint for Java.
// (https://github.com/awslabs/aws-apigateway-lambda-authorizer-blueprints)
func javaPolicy(allowed, denied string) string {
	const begin, end = `{"Effect":"`, `,"Condition":{}}`
	return "[" + begin + `Allow","Action":"execute-api:Invoke","Resource":` + allowed + end + "," +
		begin + `Deny","Action":"execute-api:Invoke","Resource":` + denied + end + "]"
}

func TestParseAuthorizerResultPolicy(t *testing.T) {
	const api = "arn:aws:execute-api:us-east-1:123456789012:abcd1234"
	allow := statement("Allow", "execute-api:Invoke", methodARN)
	tests := []struct {
		name       string
		statements string
		want       bool
	}{
		{"allow", "[" + allow + "]", true},
		{"without brackets", allow, true},
		{"deny", "[" + statement("Deny", "execute-api:Invoke", methodARN) + "]", false},
		{"deny wins", "[" + allow + "," + statement("Deny", "*", "*") + "]", false},
		{"deny wins, first", "[" + statement("Deny", "*", "*") + "," + allow + "]", false},
		{"deny of another", "[" + allow + "," + statement("Deny", "*", api+"/dev/*") + "]", true},
		{"any action", statement("Allow", "*", methodARN), true},
		{"any of the service", statement("Allow", "execute-api:*", methodARN), true},
		{"action in other case", statement("Allow", "Execute-API:invoke", methodARN), true},
		{
			"other action", statement("Allow", "execute-api:ManageConnections", methodARN), false,
		},
		{"any resource", statement("Allow", "execute-api:Invoke", "*"), true},
		{"any route", statement("Allow", "execute-api:Invoke", api+"/prod/*"), true},
		{"any stage", statement("Allow", "execute-api:Invoke", api+"/*"), true},
		// The habit from REST APIs has one segment too many.
		// (https://github.com/aws-powertools/powertools-lambda-python/issues/5800)
		{"as for REST", statement("Allow", "execute-api:Invoke", api+"/prod/*/*"), false},
		{"question mark", statement("Allow", "execute-api:Invoke", api+"/pr?d/?connect"), true},
		{"question mark is one", statement("Allow", "execute-api:Invoke", methodARN+"?"), false},
		{"stars", statement("Allow", "execute-api:Invoke", "arn:*:abcd*/p**d/$*t*"), true},
		{"stars without end", statement("Allow", "execute-api:Invoke", "arn:*:abcd*/x"), false},
		{"longer", statement("Allow", "execute-api:Invoke", methodARN+"s"), false},
		{"shorter", statement("Allow", "execute-api:Invoke", methodARN[:len(methodARN)-1]), false},
		{"resource in other case", statement("Allow", "*", strings.ToUpper(methodARN)), false},
		{
			"lists",
			`{"Sid":"x","Effect":"Allow","Action":["a","*"],"Resource":["b","` + methodARN + `"]}`,
			true,
		},
		// What AWS's blueprint for Java sends of a client that may connect, and of one that may not.
		{"blueprint", javaPolicy(`["`+methodARN+`"]`, `[]`), true},
		{"blueprint that denies", javaPolicy(`[]`, `["`+methodARN+`"]`), false},
		{"empty action", `{"Effect":"Allow","Action":[],"Resource":"*"}`, false},
		{
			"elements of null",
			`{"Sid":null,"Effect":"Allow","Action":"*","Resource":"*","Condition":null,` +
				`"NotAction":null,"NotResource":null,"Principal":null,"NotPrincipal":null}`,
			true,
		},
		{
			"empty elements",
			`{"Effect":"Allow","Action":"*","Resource":"*","Condition": { },"NotAction":[ ],` +
				`"NotResource":[]}`,
			true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, got, err := apigw.ParseAuthorizerResult([]byte(result(tt.statements)), methodARN)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want || id.Principal != "ann" {
				t.Errorf("got %t for %q, want %t for ann", got, id.Principal, tt.want)
			}
		})
	}
}

func TestParseAuthorizerResultContext(t *testing.T) {
	data := strings.TrimSuffix(result(statement("Allow", "*", "*")), "}") +
		`,"context":{"name":"Ann","age":30,"admin":false,"team":null},"usageIdentifierKey":"k"}`
	id, allowed, err := apigw.ParseAuthorizerResult([]byte(data), methodARN)
	if err != nil || !allowed {
		t.Fatalf("allowed %t, error %v", allowed, err)
	}
	want := map[string]any{"name": "Ann", "age": 30.0, "admin": false}
	if !reflect.DeepEqual(id.Context, want) {
		t.Errorf("got %v, want %v", id.Context, want)
	}
}

// Public functions return ids of users as numbers.
func TestParseAuthorizerResultPrincipal(t *testing.T) {
	for in, want := range map[string]string{`"ann"`: "ann", `7`: "7", `1.50`: "1.50", `true`: "true"} {
		data := strings.Replace(result(statement("Allow", "*", "*")), `"ann"`, in, 1)
		id, allowed, err := apigw.ParseAuthorizerResult([]byte(data), methodARN)
		if id.Principal != want || !allowed || err != nil {
			t.Errorf("principalId %s became %q, %t, %v, want %q", in, id.Principal, allowed, err, want)
		}
	}
}

func TestParseAuthorizerResultRefuses(t *testing.T) {
	allowed := result(statement("Allow", "*", "*"))
	withContext := func(v string) string {
		return strings.TrimSuffix(allowed, "}") + `,"context":{"k":` + v + `}}`
	}
	tests := []struct{ name, in, want string }{
		{"nothing", ``, "unexpected end"},
		{"null", `null`, "principalId is missing"},
		{"a proxy reply", `{"statusCode":401}`, "principalId is missing"},
		{"the answer of HTTP APIs", `{"isAuthorized":true}`, "principalId is missing"},
		{"no policy", `{"principalId":"ann"}`, "policyDocument is missing"},
		{"no statement", `{"principalId":"ann","policyDocument":{}}`, "policy has no Statement"},
		{"null statement", result(`null`), "policy has no Statement"},
		{"empty list", result(`[]`), "policy has no Statement"},
		{"empty statement", result(`{}`), `statement 0: effect is ""`},
		{"other effect", result(statement("allow", "*", "*")), `effect is "allow"`},
		{"no action", result(`{"Effect":"Allow","Resource":"*"}`), "no Action"},
		{"null action", result(`{"Effect":"Allow","Action":null,"Resource":"*"}`), "no Action"},
		{"no resource", result(`{"Effect":"Allow","Action":"*"}`), "no Resource"},
		{"action is number", result(`{"Effect":"Allow","Action":1,"Resource":"*"}`), "number"},
		{
			"broken after a good one", result("[" + statement("Allow", "*", "*") + ",{}]"),
			"statement 1",
		},
		{
			"condition",
			result(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{}}}`),
			"it has a Condition, which is not evaluated here",
		},
		{
			"not action", result(`{"Effect":"Allow","NotAction":"a","Resource":"*"}`),
			"it has a NotAction",
		},
		{
			"not action beside an action",
			result(`{"Effect":"Allow","Action":"*","NotAction":"a","Resource":"*"}`), "it has a NotAction",
		},
		{
			"not resource",
			result(`{"Effect":"Deny","Action":"*","Resource":[],"NotResource":["a"]}`),
			"it has a NotResource",
		},
		{
			"principal", result(`{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}`),
			"it has a Principal",
		},
		{
			"unknown element", result(`{"Effect":"Allow","Action":"*","Resource":"*","Conditions":{}}`),
			`unknown field "Conditions"`,
		},
		{"context is list", withContext(`[]`), `context value "k" is neither`},
		{"context is object", withContext(`{}`), `context value "k" is neither`},
		{"principal is object", `{"principalId":{"a":1}}`, "cannot unmarshal object"},
		{"too large", withContext(`"` + strings.Repeat("x", 8192) + `"`), "limit of 8192"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, allowed, err := apigw.ParseAuthorizerResult([]byte(tt.in), methodARN)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if allowed {
				t.Error("allowed")
			}
		})
	}
}

func TestParseAuthorizerResultLimit(t *testing.T) {
	whole := result(statement("Allow", "*", "*"))
	padded := whole + strings.Repeat(" ", 8192-len(whole))
	if _, allowed, err := apigw.ParseAuthorizerResult([]byte(padded), methodARN); !allowed {
		t.Errorf("8192 bytes: %v", err)
	}
	if _, _, err := apigw.ParseAuthorizerResult([]byte(padded+" "), methodARN); err == nil {
		t.Error("8193 bytes were accepted")
	}
}

func FuzzParseAuthorizerResult(f *testing.F) {
	f.Add([]byte(result(statement("Allow", "execute-api:Invoke", methodARN))), methodARN)
	f.Add([]byte(result("["+statement("Deny", "*", "a*b?c**")+"]")), "abc")
	f.Add([]byte(`{"principalId":"x","policyDocument":{"Statement":[null]},"context":{"a":1}}`), "")
	f.Fuzz(func(t *testing.T, data []byte, arn string) {
		id, allowed, err := apigw.ParseAuthorizerResult(data, arn)
		if err != nil && (allowed || id.Principal != "" || id.Context != nil) {
			t.Errorf("error %v, but also %v, %t", err, id, allowed)
		}
		if err == nil && id.Principal == "" {
			t.Error("accepted an identity without a principal")
		}
		e := message()
		e.Conn.Identity = id
		if _, err := apigw.MarshalEvent(e); err != nil {
			t.Errorf("the context cannot go into an event: %v", err)
		}
	})
}
