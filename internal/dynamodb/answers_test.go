package dynamodb_test

import (
	"encoding/json"
	"reflect"
	"testing"
)

// A write answers with the item before or after it, and a query with a part of its page or with
// its length only.
func TestAnswers(t *testing.T) {
	r := startWith(t, twoStrings)
	const (
		before = `"Attributes":{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"x"}}`
		after  = `"Attributes":{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},"a":{"S":"y"}}`
		none   = `{"PK":{"S":"p"},"SK":{"S":"none"}}`
	)
	set := updateIf("SET a = :v", "", `":v":{"S":"y"}`)
	values := `":p":{"S":"p"},":v":{"N":"9"}`
	for _, tt := range []struct{ name, operation, body, more, code, want string }{
		{"update, old", "UpdateItem", set, `"ReturnValues":"ALL_OLD"`, "", before},
		{"update, new", "UpdateItem", set, `"ReturnValues":"ALL_NEW"`, "", after},
		{"update, none", "UpdateItem", set, `"ReturnValues":"NONE"`, "", ""},
		{
			"delete, old", "DeleteItem", `{"TableName":"T","Key":` + key + `}`, `"ReturnValues":"ALL_OLD"`,
			"", before,
		},
		{
			"delete nothing, old", "DeleteItem", `{"TableName":"T","Key":` + none + `}`,
			`"ReturnValues":"ALL_OLD"`, "", "",
		},
		{
			"count", "Query", queryBy("PK = :p", `":p":{"S":"p"}`), `"Select":"COUNT"`,
			"", `"Count":1,"ScannedCount":1`,
		},
		{
			"count what is left out", "Query", queryBy("PK = :p", values),
			`"Select":"COUNT","FilterExpression":"n > :v"`, "", `"Count":0,"ScannedCount":1`,
		},
		{
			"leave out", "Query", queryBy("PK = :p", values), `"FilterExpression":"n > :v"`,
			"", `"Count":0,"ScannedCount":1,"Items":[]`,
		},
		{
			"keep", "Query", queryBy("PK = :p", values), `"FilterExpression":"n >= :v"`, "",
			`"Count":1,"ScannedCount":1,"Items":[{"PK":{"S":"p"},"SK":{"S":"s"},"n":{"N":"9"},` +
				`"a":{"S":"x"}}]`,
		},
		{
			"unused value", "Query", queryBy("PK = :p", values), `"FilterExpression":"attribute_exists(n)"`,
			invalid, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, code := r.send(t, "PutItem", begin); code != "" {
				t.Fatal(code)
			}
			got, code := r.send(t, tt.operation, "{"+tt.more+","+tt.body[1:])
			if code != tt.code {
				t.Fatalf("%q, want %q: %v", code, tt.code, got)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte("{"+tt.want+"}"), &want); err != nil {
				t.Fatal(err)
			}
			if code == "" && !reflect.DeepEqual(got, want) {
				t.Errorf("the answer is %v, want %v", got, want)
			}
		})
	}
}
