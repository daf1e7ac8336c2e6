package dynamodb_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// engine returns the endpoint of the engine that the environment names, else of a new Server. The
// cases in this file that are not marked as own must get the same answers of every engine.
func engine(t *testing.T) string {
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		return url
	}
	server := httptest.NewServer(new(dynamodb.Server))
	t.Cleanup(server.Close)
	return server.URL
}

// A rig sends requests, in which T stands for the name of its table.
type rig struct {
	url, table string
}

func (r rig) send(t *testing.T, operation, body string) (out map[string]any, code string) {
	t.Helper()
	body = strings.ReplaceAll(body, `"T"`, `"`+r.table+`"`)
	req, err := http.NewRequestWithContext(t.Context(), "POST", r.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Date", "20260101T000000Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/"+
		"aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("answer %s: %v", data, err)
	}
	if kind, ok := out["__type"].(string); ok {
		_, code, _ = strings.Cut(kind, "#")
	}
	return out, code
}

// createTable makes a table with keys of two parts, a global index of two kinds and a local one.
const createTable = `{"TableName":"T","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
	{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"N"},
	{"AttributeName":"g","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[
		{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},
			{"AttributeName":"p","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},
		{"IndexName":"keysG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}}],
	"LocalSecondaryIndexes":[{"IndexName":"localG","KeySchema":[{"AttributeName":"p",
		"KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],
		"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

func start(t *testing.T) rig {
	t.Helper()
	return startWith(t, createTable)
}

// startWith begins with the table that a request makes.
func startWith(t *testing.T, request string) rig {
	t.Helper()
	r := rig{engine(t), "T-" + rand.Text()}
	if out, code := r.send(t, "CreateTable", request); code != "" {
		t.Fatalf("create table: %v", out)
	}
	for range 1000 {
		out, _ := r.send(t, "DescribeTable", `{"TableName":"T"}`)
		if out["Table"].(map[string]any)["TableStatus"] == "ACTIVE" {
			return r
		}
	}
	t.Fatal("the table does not become active")
	return r
}

// A call is a request and what is wanted: the code of an error, or JSON of which the answer must
// have every member.
type call struct{ operation, body, want string }

func (r rig) run(t *testing.T, calls []call) {
	t.Helper()
	for _, c := range calls {
		out, code := r.send(t, c.operation, c.body)
		if !strings.HasPrefix(c.want, "{") {
			if code != c.want {
				t.Errorf("%s %s: %q, want %q: %v", c.operation, c.body, code, c.want, out)
			}
			continue
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatalf("%s: %v", c.want, err)
		}
		for name, v := range want {
			if !reflect.DeepEqual(out[name], v) {
				t.Errorf("%s %s: %s is %v, want %v; %v", c.operation, c.body, name, out[name], v, code)
			}
		}
	}
}

const invalid = "ValidationException"

func put(item string) call { return call{"PutItem", `{"TableName":"T","Item":` + item + `}`, ""} }

// first is the item that most cases begin with.
const first = `{"p":{"S":"a"},"s":{"N":"1"},"n":{"N":"5"},"l":{"L":[{"S":"x"},{"S":"y"}]},` +
	`"m":{"M":{"k":{"S":"v"}}},"set":{"SS":["one","two"]},"data":{"B":"AAEC"}}`

const firstKey = `"TableName":"T","Key":{"p":{"S":"a"},"s":{"N":"1"}}`

// get wants the item that cases begin with to be one.
func get(want string) call {
	return call{"GetItem", `{` + firstKey + `,"ConsistentRead":true}`, `{"Item":` + want + `}`}
}

func TestItems(t *testing.T) {
	r := start(t)
	r.run(t, []call{
		put(first),
		get(first),
		{"GetItem", `{"TableName":"T","Key":{"p":{"S":"a"},"s":{"N":"1.0"}}}`, `{"Item":` + first + `}`},
		{"GetItem", `{"TableName":"T","Key":{"p":{"S":"none"},"s":{"N":"1"}}}`, `{"Item":null}`},
		{"GetItem", `{"TableName":"T","Key":{"p":{"S":"a"}}}`, invalid},
		{"GetItem", `{"TableName":"T","Key":{"p":{"S":"a"},"s":{"S":"1"}}}`, invalid},
		{"GetItem", `{"TableName":"none-such","Key":{"p":{"S":"a"}}}`, "ResourceNotFoundException"},
		{
			"GetItem", `{` + firstKey + `,"ProjectionExpression":"#n, m.k, l[1]",
				"ExpressionAttributeNames":{"#n":"n"}}`,
			`{"Item":{"n":{"N":"5"},"m":{"M":{"k":{"S":"v"}}},"l":{"L":[{"S":"y"}]}}}`,
		},
		{"GetItem", `{` + firstKey + `,"ProjectionExpression":"name"}`, invalid}, // a reserved word
		{"GetItem", `{` + firstKey + `,"ProjectionExpression":"m, m.k"}`, invalid},
		put(`{"p":{"S":""},"s":{"N":"1"}}`).fails(invalid),
		put(`{"p":{"S":"a"},"s":{"N":"1"},"g":{"N":"1"}}`).fails(invalid), // the key of an index
		put(`{"p":{"S":"a"},"s":{"N":"x"}}`).fails(invalid),
		put(`{"p":{"S":"a"},"s":{"N":"1"},"x":{"SS":[]}}`).fails(invalid),
		put(`{"p":{"S":"a"},"s":{"N":"1"},"x":{"SS":["a","a"]}}`).fails(invalid),
		put(`{"p":{"S":"a"},"s":{"N":"1"},"x":{"N":"1e200"}}`).fails(invalid),
		put(`{"p":{"S":"a"},"s":{"N":"1"},"x":{}}`).fails(invalid),
		{
			"PutItem", `{"TableName":"T","Item":` + first + `,
				"ConditionExpression":"attribute_not_exists(p)"}`, "ConditionalCheckFailedException",
		},
		{
			"PutItem", `{"TableName":"T","Item":{"p":{"S":"a"},"s":{"N":"1"}},"ReturnValues":"ALL_OLD"}`,
			`{"Attributes":` + first + `}`,
		},
		{
			"DeleteItem", `{` + firstKey + `,"ReturnValues":"ALL_OLD"}`,
			`{"Attributes":{"p":{"S":"a"},"s":{"N":"1"}}}`,
		},
		{"DeleteItem", `{` + firstKey + `,"ReturnValues":"ALL_OLD"}`, `{"Attributes":null}`},
	})
}

func (c call) fails(code string) call {
	c.want = code
	return c
}

func TestConditions(t *testing.T) {
	r := start(t)
	r.run(t, []call{put(first)})
	for condition, holds := range map[string]bool{
		"n = :five": true, "n <> :five": false, "n < :ten": true, "n >= :ten": false,
		"n BETWEEN :one AND :ten": true, "n IN (:one, :five)": true, "n in (:one)": false,
		"attribute_exists(m.k)": true, "attribute_exists(m.nothing)": false,
		"attribute_type(l, :L)": true, "begins_with(m.k, :v)": true,
		"contains(#set, :two)": true, "contains(l, :two)": false, "size(l) = :two2": true,
		"NOT n = :ten AND (n = :one OR n = :five)": true, "n = l[0]": false,
		"nothing = :one": false, "nothing <> :one": true, "m.k = :v OR n = :ten": true,
		"not (n = :five)": false,
	} {
		values := map[string]string{
			":five": `{"N":"5"}`, ":ten": `{"N":"10"}`, ":one": `{"N":"1.00"}`, ":L": `{"S":"L"}`,
			":v": `{"S":"v"}`, ":two": `{"S":"two"}`, ":two2": `{"N":"2"}`,
		}
		var used []string
		for name, v := range values {
			if strings.Contains(strings.ReplaceAll(condition, ":two2", ":2"), name) ||
				name == ":two2" && strings.Contains(condition, name) {
				used = append(used, `"`+name+`":`+v)
			}
		}
		more := ""
		if len(used) > 0 {
			more = `,"ExpressionAttributeValues":{` + strings.Join(used, ",") + `}`
		}
		if strings.Contains(condition, "#set") {
			more += `,"ExpressionAttributeNames":{"#set":"set"}`
		}
		want := "ConditionalCheckFailedException"
		if holds {
			want = ""
		}
		r.run(t, []call{{
			"PutItem", `{"TableName":"T","Item":` + first + `,"ConditionExpression":"` +
				condition + `"` + more + `}`, want,
		}})
	}
	for _, wrong := range []string{
		"", "n =", "n = :no", "#no = n", "n = n AND", "(n = n", "unknown(n)", "n ~ n", "status = n",
		"size(n)", "n IN ()",
	} {
		r.run(t, []call{{
			"PutItem", `{"TableName":"T","Item":` + first + `,"ConditionExpression":"` + wrong + `"}`,
			invalid,
		}})
	}
}

func TestUpdates(t *testing.T) {
	r := start(t)
	item := func(more string) string { return `{"p":{"S":"a"},"s":{"N":"1"}` + more + `}` }
	begin := item(`,"n":{"N":"5"},"l":{"L":[{"S":"x"},{"S":"y"}]},"m":{"M":{"k":{"S":"v"}}},` +
		`"e":{"SS":["one","two"]}`)
	for _, tt := range []struct{ expression, values, want string }{
		{"SET n = n + :v", `{"N":"0.5"}`, `{"n":{"N":"5.5"}}`},
		{"SET n = :v - n", `{"N":"1"}`, `{"n":{"N":"-4"}}`},
		{"SET x = if_not_exists(x, :v)", `{"N":"1"}`, `{"x":{"N":"1"}}`},
		{"SET n = if_not_exists(n, :v)", `{"N":"1"}`, `{"n":{"N":"5"}}`},
		{"SET x = if_not_exists(x, :v) + :v", `{"N":"2"}`, `{"x":{"N":"4"}}`},
		{
			"SET l = list_append(l, :v)", `{"L":[{"S":"z"}]}`,
			`{"l":{"L":[{"S":"x"},{"S":"y"},{"S":"z"}]}}`,
		},
		{"SET l[9] = :v", `{"S":"z"}`, ""},
		{"SET m.k = :v, m.j = :v", `{"S":"w"}`, `{"m":{"M":{"k":{"S":"w"},"j":{"S":"w"}}}}`},
		{"ADD n :v", `{"N":"2"}`, `{"n":{"N":"7"}}`},
		{"ADD x :v", `{"N":"2"}`, `{"x":{"N":"2"}}`},
		{"ADD e :v", `{"SS":["two"]}`, `{"e":{"SS":["one","two"]}}`},
		{"DELETE e :v", `{"SS":["two","three"]}`, `{"e":{"SS":["one"]}}`},
		{"SET x = :v REMOVE l[0], m.k", `{"S":"z"}`, ""},
		{"SET n = nothing", "", invalid},
		{"SET nothing.x = :v", `{"S":"z"}`, invalid},
		{"SET p = :v", `{"S":"z"}`, invalid},
		{"SET n = :v, n = :v", `{"S":"z"}`, invalid},
		{"SET m = :v, m.k = :v", `{"S":"z"}`, invalid},
		{"SET m = m + :v", `{"N":"1"}`, invalid},
		{"ADD m :v", `{"N":"1"}`, invalid},
		{"ADD n :v", `{"S":"1"}`, invalid},
		{"SET x = :v SET n = :v", `{"S":"z"}`, invalid},
		{"x = :v", `{"S":"z"}`, invalid},
		{"SET x = :w", `{"S":"z"}`, invalid},
		{"", "", invalid},
	} {
		r.run(t, []call{put(begin)})
		body := `{` + firstKey + `,"UpdateExpression":"` + tt.expression +
			`","ReturnValues":"UPDATED_NEW"`
		if tt.values != "" {
			body += `,"ExpressionAttributeValues":{":v":` + tt.values + `}`
		}
		want := tt.want
		if strings.HasPrefix(want, "{") {
			want = `{"Attributes":` + want + `}`
		}
		r.run(t, []call{{"UpdateItem", body + "}", want}})
	}
	r.run(t, []call{
		put(begin),
		{"UpdateItem", `{` + firstKey + `,"UpdateExpression":"REMOVE l[0], m.k, e, n"}`, ""},
		get(item(`,"l":{"L":[{"S":"y"}]},"m":{"M":{}}`)),
		{
			"UpdateItem", `{` + firstKey + `,"UpdateExpression":"SET x = :v",
			"ConditionExpression":"attribute_exists(nothing)","ExpressionAttributeValues":{":v":{"S":"z"}}}`,
			"ConditionalCheckFailedException",
		},
		{"UpdateItem", `{"TableName":"T","Key":{"p":{"S":"new"},"s":{"N":"1"}},
			"UpdateExpression":"ADD c :v","ExpressionAttributeValues":{":v":{"N":"1"}},
			"ReturnValues":"ALL_NEW"}`, `{"Attributes":{"p":{"S":"new"},"s":{"N":"1"},"c":{"N":"1"}}}`},
	})
}
