package dynamodb_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// twoStrings makes a table whose keys are two strings.
const twoStrings = `{"TableName":"T","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
		{"AttributeName":"SK","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]}`

// key is that of the item that every case begins with.
const key = `{"PK":{"S":"p"},"SK":{"S":"s"}}`

const begin = `{"TableName":"T","Item":{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"x"}}}`

const refused = "ConditionalCheckFailedException"

func TestOperations(t *testing.T) {
	r := startWith(t, twoStrings)
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

		{"condition holds", "PutItem", putIf("attribute_exists(PK)", ""), "", key},
		{"condition fails", "PutItem", putIf("attribute_not_exists(PK)", ""), refused, ""},
		{"number is smaller", "PutItem", putIf("n < :v", `":v":{"N":"10"}`), "", key},
		{"number is not text", "PutItem", putIf("n < :v", `":v":{"N":"8"}`), refused, ""},
		{"other kind", "PutItem", putIf("n = :v", `":v":{"S":"9"}`), refused, ""},
		{"other kind differs", "PutItem", putIf("n <> :v", `":v":{"S":"9"}`), "", ""},
		{"absent", "PutItem", putIf("z < :v", `":v":{"N":"10"}`), refused, ""},
		{"absent differs", "PutItem", putIf("z <> :v", `":v":{"N":"10"}`), "", ""},
		{"equal text", "PutItem", putIf("a = :v", `":v":{"S":"x"}`), "", key},
		{"both", "PutItem", putIf("a = :v AND attribute_exists(n)", `":v":{"S":"x"}`), "", key},
		{"not both", "PutItem", putIf("a = :v AND attribute_exists(z)", `":v":{"S":"x"}`), refused, ""},
		{"either", "PutItem", putIf("attribute_exists(z) OR a = :v", `":v":{"S":"x"}`), "", key},
		{
			"and before or", "PutItem",
			putIf("attribute_exists(n) OR a = :v AND attribute_exists(z)", `":v":{"S":"x"}`), "", key,
		},
		{
			"brackets", "PutItem",
			putIf("(attribute_exists(n) OR a = :v) AND attribute_exists(z)", `":v":{"S":"x"}`), refused, "",
		},
		{"small letters", "PutItem", putIf("a = :v and attribute_exists(n)", `":v":{"S":"x"}`), "", key},
		{"function in capitals", "PutItem", putIf("ATTRIBUTE_EXISTS(n)", ""), invalid, ""},
		{"unused value", "PutItem", putIf("attribute_exists(PK)", `":v":{"S":"x"}`), invalid, ""},
		{"undefined value", "PutItem", putIf("a = :v", ""), invalid, ""},
		{"empty condition", "PutItem", putIf("", ""), invalid, ""},
		{"broken condition", "PutItem", putIf("a = ", ""), invalid, ""},
		{"two conditions", "PutItem", putIf("attribute_exists(a) attribute_exists(n)", ""), invalid, ""},
		{"open bracket", "PutItem", putIf("(attribute_exists(a)", ""), invalid, ""},

		{
			"set", "UpdateItem", updateIf("SET a = :v, b = :v", "", `":v":{"S":"y"}`), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"y"},"b":{"S":"y"}}`,
		},
		{
			"remove", "UpdateItem", updateIf("REMOVE a, z", "", ""), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"}}`,
		},
		{
			"set and remove", "UpdateItem", updateIf("SET b = :v REMOVE a", "", `":v":{"S":"y"}`), "",
			`{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"b":{"S":"y"}}`,
		},
		{"set if", "UpdateItem", updateIf("SET a = :v", "n < :v", `":v":{"N":"3"}`), refused, ""},
		{"set key", "UpdateItem", updateIf("SET PK = :v", "", `":v":{"S":"y"}`), invalid, ""},
		{"set twice", "UpdateItem", updateIf("SET a = :v, a = :v", "", `":v":{"S":"y"}`), invalid, ""},
		{"set nothing", "UpdateItem", updateIf("SET", "", ""), invalid, ""},
		{"empty update", "UpdateItem", updateIf("", "", ""), invalid, ""},
		{"unused value of update", "UpdateItem", updateIf("REMOVE a", "", `":v":{"S":"y"}`), invalid, ""},
		{"delete", "DeleteItem", `{"TableName":"T","Key":` + key + `}`, "", "null"},
		{
			"delete if", "DeleteItem", `{"TableName":"T","Key":` + key +
				`,"ConditionExpression":"attribute_not_exists(n)"}`, refused, "",
		},
		{
			"delete nothing", "DeleteItem",
			`{"TableName":"T","Key":{"PK":{"S":"p"},"SK":{"S":"none"}}}`, "", "",
		},

		{"query without values", "Query", queryBy("PK = :p", ""), invalid, ""},
		{"query by sort key", "Query", queryBy("SK = :p", `":p":{"S":"s"}`), invalid, ""},
		{"query by number", "Query", queryBy("PK = :p", `":p":{"N":"1"}`), invalid, ""},
		{
			"query limit", "Query",
			strings.Replace(queryBy("PK = :p", `":p":{"S":"p"}`), "{", `{"Limit":0,`, 1),
			invalid, "",
		},
		{
			"query from elsewhere", "Query", strings.Replace(queryBy("PK = :p", `":p":{"S":"q"}`), "{",
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
			if _, code := r.send(t, "PutItem", begin); code != "" {
				t.Fatal(code)
			}
			out, code := r.send(t, tt.operation, tt.body)
			if code != tt.code {
				t.Errorf("%q, want %q: %v", code, tt.code, out)
			}
			if tt.want == "" {
				return
			}
			out, _ = r.send(t, "GetItem", `{"TableName":"T","Key":`+key+`,"ConsistentRead":true}`)
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

func putIf(condition, values string) string {
	return strings.TrimSuffix(`{"TableName":"T","Item":`+key+`,"ConditionExpression":"`+condition+`"`+
		given(values), ",") + "}"
}

func updateIf(change, condition, values string) string {
	body := `{"TableName":"T","Key":` + key + `,"UpdateExpression":"` + change + `"`
	if condition != "" {
		body += `,"ConditionExpression":"` + condition + `"`
	}
	return body + given(values) + "}"
}

func queryBy(condition, values string) string {
	return `{"TableName":"T","KeyConditionExpression":"` + condition + `"` + given(values) + "}"
}

func given(values string) string {
	if values == "" {
		return ""
	}
	return `,"ExpressionAttributeValues":{` + values + "}"
}

// A query goes on where it stopped, in the order of the sort keys' bytes.
func TestQueryGoesOn(t *testing.T) {
	r := startWith(t, twoStrings)
	for _, sort := range []string{"b", "\U0001f375", "B", "a", "é", "\uffee"} {
		body := `{"TableName":"T","Item":{"PK":{"S":"q"},"SK":{"S":"` + sort + `"}}}`
		if _, code := r.send(t, "PutItem", body); code != "" {
			t.Fatal(code)
		}
	}
	var got []string
	body := queryBy("PK = :p", `":p":{"S":"q"}`)
	for pages, start := 0, any(nil); pages == 0 || start != nil; pages++ {
		page := strings.Replace(body, "{", `{"Limit":2,`, 1)
		if start != nil {
			data, err := json.Marshal(start)
			if err != nil {
				t.Fatal(err)
			}
			page = strings.Replace(page, "{", `{"ExclusiveStartKey":`+string(data)+`,`, 1)
		}
		out, code := r.send(t, "Query", page)
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
