package dynamotest_test

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

	"github.com/tyg-dev/tyg/internal/dynamotest"
)

// The same requests must get the same answers of every engine: of this server, and of the one that
// the environment names, if it names one.

func target(t *testing.T) string {
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		return url
	}
	server := httptest.NewServer(new(dynamotest.Server))
	t.Cleanup(server.Close)
	return server.URL
}

const createTable = `{"TableName":"T","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
		{"AttributeName":"SK","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]}`

// key is that of the item that every case begins with.
const key = `{"PK":{"S":"p"},"SK":{"S":"s"}}`

const begin = `{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"x"}}}`

// send makes a request, in which T stands for the table, and returns the answer and the name of the
// error in it.
func send(t *testing.T, url, table, operation, body string) (out map[string]any, code string) {
	t.Helper()
	body = strings.ReplaceAll(body, `"T"`, `"`+table+`"`)
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/"+
		"aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
	resp, err := http.DefaultClient.Do(r)
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

func newTable(t *testing.T, url string) string {
	t.Helper()
	table := "T-" + rand.Text()
	if _, code := send(t, url, table, "CreateTable", createTable); code != "" {
		t.Fatalf("create table: %s", code)
	}
	for range 1000 {
		out, _ := send(t, url, table, "DescribeTable", `{"TableName":"T"}`)
		if out["Table"].(map[string]any)["TableStatus"] == "ACTIVE" {
			return table
		}
	}
	t.Fatal("the table does not become active")
	return ""
}

const (
	invalid = "ValidationException"
	refused = "ConditionalCheckFailedException"
)

func TestOperations(t *testing.T) {
	url := target(t)
	table := newTable(t, url)
	for _, tt := range []struct {
		name, operation, body string
		code                  string
		want                  string // the item afterwards, if it matters
	}{
		{"put", "PutItem", `{"TableName":"T","Item":` + key + `}`, "", key},
		{"put without sort key", "PutItem", `{"TableName":"T","Item":{"PK":{"S":"p"}}}`, invalid, ""},
		{
			"put empty key", "PutItem",
			`{"TableName":"T","Item":{"PK":{"S":""},"SK":{"S":"s"}}}`,
			invalid, "",
		},
		{
			"put number as key", "PutItem",
			`{"TableName":"T","Item":{"PK":{"N":"1"},"SK":{"S":"s"}}}`,
			invalid, "",
		},
		{
			"put no number", "PutItem",
			`{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"x"}}}`, invalid, "",
		},
		{
			"put long sort key", "PutItem", `{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"` +
				strings.Repeat("k", 1025) + `"}}}`, invalid, "",
		},
		{
			"put long partition key", "PutItem", `{"TableName":"T","Item":{"SK":{"S":"p"},"PK":{"S":"` +
				strings.Repeat("k", 2049) + `"}}}`, invalid, "",
		},
		{
			"put large item", "PutItem",
			`{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"s"},"a":{"S":"` +
				strings.Repeat("k", 400<<10) + `"}}}`, invalid, "",
		},
		{
			"put elsewhere", "PutItem",
			`{"TableName":"none","Item":` + key + `}`,
			"ResourceNotFoundException", "",
		},
		{
			"get more than a key", "GetItem",
			`{"TableName":"T","Key":{"PK":{"S":"p"},"SK":{"S":"s"},"a":{"S":"x"}}}`,
			invalid, "",
		},
		{"get by half a key", "GetItem", `{"TableName":"T","Key":{"PK":{"S":"p"}}}`, invalid, ""},

		{"condition holds", "PutItem", put("attribute_exists(PK)", ""), "", key},
		{"condition fails", "PutItem", put("attribute_not_exists(PK)", ""), refused, ""},
		{"number is smaller", "PutItem", put("n < :v", `":v":{"N":"10"}`), "", key},
		{"number is not text", "PutItem", put("n < :v", `":v":{"N":"8"}`), refused, ""},
		{"other kind", "PutItem", put("n = :v", `":v":{"S":"9"}`), refused, ""},
		{"other kind differs", "PutItem", put("n <> :v", `":v":{"S":"9"}`), "", ""},
		{"absent", "PutItem", put("z < :v", `":v":{"N":"10"}`), refused, ""},
		{"absent differs", "PutItem", put("z <> :v", `":v":{"N":"10"}`), "", ""},
		{"equal text", "PutItem", put("a = :v", `":v":{"S":"x"}`), "", key},
		{"both", "PutItem", put("a = :v AND attribute_exists(n)", `":v":{"S":"x"}`), "", key},
		{"not both", "PutItem", put("a = :v AND attribute_exists(z)", `":v":{"S":"x"}`), refused, ""},
		{"either", "PutItem", put("attribute_exists(z) OR a = :v", `":v":{"S":"x"}`), "", key},
		{
			"and before or", "PutItem",
			put("attribute_exists(n) OR a = :v AND attribute_exists(z)", `":v":{"S":"x"}`), "", key,
		},
		{
			"brackets", "PutItem",
			put("(attribute_exists(n) OR a = :v) AND attribute_exists(z)", `":v":{"S":"x"}`), refused, "",
		},
		{"small letters", "PutItem", put("a = :v and attribute_exists(n)", `":v":{"S":"x"}`), "", key},
		{"function in capitals", "PutItem", put("ATTRIBUTE_EXISTS(n)", ""), invalid, ""},
		{"unused value", "PutItem", put("attribute_exists(PK)", `":v":{"S":"x"}`), invalid, ""},
		{"undefined value", "PutItem", put("a = :v", ""), invalid, ""},
		{"empty condition", "PutItem", put("", ""), invalid, ""},
		{"broken condition", "PutItem", put("a = ", ""), invalid, ""},
		{"two conditions", "PutItem", put("attribute_exists(a) attribute_exists(n)", ""), invalid, ""},
		{"open bracket", "PutItem", put("(attribute_exists(a)", ""), invalid, ""},

		{
			"set", "UpdateItem", update("SET a = :v, b = :v", "", `":v":{"S":"y"}`), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"y"},"b":{"S":"y"}}`,
		},
		{
			"remove", "UpdateItem", update("REMOVE a, z", "", ""), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"}}`,
		},
		{
			"set and remove", "UpdateItem", update("SET b = :v REMOVE a", "", `":v":{"S":"y"}`), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"b":{"S":"y"}}`,
		},
		{"set if", "UpdateItem", update("SET a = :v", "n < :v", `":v":{"N":"3"}`), refused, ""},
		{"set key", "UpdateItem", update("SET PK = :v", "", `":v":{"S":"y"}`), invalid, ""},
		{"set twice", "UpdateItem", update("SET a = :v, a = :v", "", `":v":{"S":"y"}`), invalid, ""},
		{"set nothing", "UpdateItem", update("SET", "", ""), invalid, ""},
		{"empty update", "UpdateItem", update("", "", ""), invalid, ""},
		{"unused value of update", "UpdateItem", update("REMOVE a", "", `":v":{"S":"y"}`), invalid, ""},
		{"delete", "DeleteItem", `{"TableName":"T","Key":` + key + `}`, "", "null"},
		{
			"delete if", "DeleteItem", `{"TableName":"T","Key":` + key +
				`,"ConditionExpression":"attribute_not_exists(n)"}`, refused, "",
		},
		{
			"delete nothing", "DeleteItem",
			`{"TableName":"T","Key":{"PK":{"S":"p"},"SK":{"S":"none"}}}`, "", "",
		},

		{"query without values", "Query", query("PK = :p", ""), invalid, ""},
		{"query by sort key", "Query", query("SK = :p", `":p":{"S":"s"}`), invalid, ""},
		{"query by number", "Query", query("PK = :p", `":p":{"N":"1"}`), invalid, ""},
		{
			"query limit", "Query",
			strings.Replace(query("PK = :p", `":p":{"S":"p"}`), "{", `{"Limit":0,`, 1),
			invalid, "",
		},
		{
			"query from elsewhere", "Query", strings.Replace(query("PK = :p", `":p":{"S":"q"}`), "{",
				`{"ExclusiveStartKey":`+key+`,`, 1), invalid, "",
		},
		{
			"get many twice", "BatchGetItem",
			`{"RequestItems":{"T":{"Keys":[` + key + `,` + key + `]}}}`,
			invalid, "",
		},
		{"get none", "BatchGetItem", `{"RequestItems":{"T":{"Keys":[]}}}`, invalid, ""},
		{"get nothing", "BatchGetItem", `{"RequestItems":{}}`, invalid, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, code := send(t, url, table, "PutItem", begin); code != "" {
				t.Fatal(code)
			}
			out, code := send(t, url, table, tt.operation, tt.body)
			if code != tt.code {
				t.Errorf("%q, want %q: %v", code, tt.code, out)
			}
			if tt.want == "" {
				return
			}
			out, _ = send(t, url, table, "GetItem", `{"TableName":"T","Key":`+key+`,"ConsistentRead":true}`)
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if got, _ := out["Item"].(map[string]any); !reflect.DeepEqual(got, want) {
				t.Errorf("the item is %v, want %v", got, want)
			}
		})
	}
}

func put(condition, values string) string {
	return strings.TrimSuffix(`{"TableName":"T","Item":`+key+`,"ConditionExpression":"`+condition+`"`+
		given(values), ",") + "}"
}

func update(change, condition, values string) string {
	body := `{"TableName":"T","Key":` + key + `,"UpdateExpression":"` + change + `"`
	if condition != "" {
		body += `,"ConditionExpression":"` + condition + `"`
	}
	return body + given(values) + "}"
}

func query(condition, values string) string {
	return `{"TableName":"T","KeyConditionExpression":"` + condition + `"` + given(values) + "}"
}

func given(values string) string {
	if values == "" {
		return ""
	}
	return `,"ExpressionAttributeValues":{` + values + "}"
}

// A query goes on where it stopped, in the order of the sort keys' bytes.
func TestQuery(t *testing.T) {
	url := target(t)
	table := newTable(t, url)
	for _, sort := range []string{"b", "\U0001f375", "B", "a", "é", "\uffee"} {
		body := `{"TableName":"T","Item":{"PK":{"S":"q"},"SK":{"S":"` + sort + `"}}}`
		if _, code := send(t, url, table, "PutItem", body); code != "" {
			t.Fatal(code)
		}
	}
	var got []string
	body := query("PK = :p", `":p":{"S":"q"}`)
	for pages, start := 0, any(nil); pages == 0 || start != nil; pages++ {
		page := strings.Replace(body, "{", `{"Limit":2,`, 1)
		if start != nil {
			data, err := json.Marshal(start)
			if err != nil {
				t.Fatal(err)
			}
			page = strings.Replace(page, "{", `{"ExclusiveStartKey":`+string(data)+`,`, 1)
		}
		out, code := send(t, url, table, "Query", page)
		if code != "" {
			t.Fatal(code)
		}
		for _, i := range out["Items"].([]any) {
			got = append(got, i.(map[string]any)["SK"].(map[string]any)["S"].(string))
		}
		start = out["LastEvaluatedKey"]
	}
	want := []string{"B", "a", "b", "é", "\uffee", "\U0001f375"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sort keys %q, want %q", got, want)
	}
}

// What this server does not know it refuses, whatever others do.
func TestUnknownIsRefused(t *testing.T) {
	server := httptest.NewServer(new(dynamotest.Server))
	defer server.Close()
	table := newTable(t, server.URL)
	for name, request := range map[string][2]string{
		"operation":    {"Scan", `{"TableName":"T"}`},
		"transactions": {"TransactWriteItems", `{}`},
		"member": {
			"GetItem",
			`{"TableName":"T","Key":` + key + `,"ReturnConsumedCapacity":"TOTAL"}`,
		},
		"kind": {
			"PutItem",
			`{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"s"},"a":{"BOOL":true}}}`,
		},
		"function":   {"PutItem", put("begins_with(a, :v)", `":v":{"S":"x"}`)},
		"arithmetic": {"UpdateItem", update("SET n = n + :v", "", `":v":{"N":"1"}`)},
		"ADD":        {"UpdateItem", update("ADD n :v", "", `":v":{"N":"1"}`)},
		"JSON":       {"GetItem", `{`},
		"select":     {"Query", `{"Select":"ALL_ATTRIBUTES",` + query("PK = :p", `":p":{"S":"p"}`)[1:]},
		"return values": {
			"DeleteItem",
			`{"TableName":"T","Key":` + key + `,"ReturnValues":"ALL_NEW"}`,
		},
	} {
		if _, code := send(t, server.URL, table, request[0], request[1]); code != invalid {
			t.Errorf("%s: %q, want %q", name, code, invalid)
		}
	}
	r, err := http.Post(server.URL, "application/x-amz-json-1.0", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("a request that is not for DynamoDB gets %d", r.StatusCode)
	}
}
