package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"
)

// fill puts items with the sort keys 1 to 12 into partition a, with g in every third.
func fill(t *testing.T, r rig) {
	t.Helper()
	for n := 1; n <= 12; n++ {
		g := ""
		if n%3 == 0 {
			g = `,"g":{"S":"red"},"x":{"N":"` + fmt.Sprint(n) + `"},"y":{"S":"y"}`
		}
		r.run(t, []call{put(fmt.Sprintf(`{"p":{"S":"a"},"s":{"N":"%d"},"n":{"N":"%d"}%s}`, n, n%2, g))})
	}
}

// sorts returns the sort keys of the items of an answer.
func sorts(out map[string]any) string {
	var all []string
	items, _ := out["Items"].([]any)
	for _, i := range items {
		key, _ := i.(map[string]any)["s"].(map[string]any)
		all = append(all, fmt.Sprint(key["N"]))
	}
	return strings.Join(all, " ")
}

func TestQuery(t *testing.T) {
	r := start(t)
	fill(t, r)
	const a = `"KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"a"}`
	for _, tt := range []struct{ body, want string }{
		{a + `}`, "1 2 3 4 5 6 7 8 9 10 11 12"},
		{a + `},"ScanIndexForward":false,"Limit":3`, "12 11 10"},
		{a + `},"ExclusiveStartKey":{"p":{"S":"a"},"s":{"N":"10"}}`, "11 12"},
		{a + `},"ExclusiveStartKey":{"p":{"S":"b"},"s":{"N":"10"}}`, invalid},
		{a + `,":n":{"N":"1"}},"FilterExpression":"n = :n","Limit":4`, "1 3"},
		{a + `},"IndexName":"localG"`, "3 6 9 12"},
		{a + `},"IndexName":"none"`, invalid},
		{a + `,":unused":{"N":"1"}}`, invalid},
		{a + `},"FilterExpression":"n ="`, invalid},
		{a + `},"Limit":0`, invalid},
		{`"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"red"}},
			"IndexName":"byG"`, "3 6 9 12"},
		{`"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"red"}},
			"IndexName":"byG","ConsistentRead":true`, invalid},
		{`"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"red"}},
			"IndexName":"keysG","Select":"ALL_ATTRIBUTES"`, invalid},
		{`"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"red"}}`, invalid},
	} {
		out, code := r.send(t, "Query", `{"TableName":"T",`+tt.body+`}`)
		got := sorts(out)
		if code != "" {
			got = code
		}
		if got != tt.want && (tt.want == invalid || !sameSet(tt.body, got, tt.want)) {
			t.Errorf("%s: %s, want %s; %v", tt.body, got, tt.want, out["message"])
		}
	}
}

// sameSet reports whether two lists have the same elements; items with equal keys of an index have
// no order.
func sameSet(body, got, want string) bool {
	if !strings.Contains(body, "IndexName") || len(got) != len(want) {
		return false
	}
	for word := range strings.SplitSeq(want, " ") {
		if !strings.Contains(" "+got+" ", " "+word+" ") {
			return false
		}
	}
	return true
}

func TestKeyConditions(t *testing.T) {
	r := start(t)
	fill(t, r)
	for condition, want := range map[string]string{
		"p = :p AND s = :s":                "4",
		"s > :s AND p = :p":                "5 6 7 8 9 10 11 12",
		"p = :p AND s <= :s":               "1 2 3 4",
		"p = :p AND s BETWEEN :s AND :e":   "4 5 6",
		"(p = :p) AND (s >= :s)":           "4 5 6 7 8 9 10 11 12",
		"p = :p OR s = :s":                 invalid,
		"p > :p AND s = :s":                invalid,
		"p = :p AND s <> :s":               invalid,
		"p = :p AND n = :s":                invalid,
		"s = :s":                           invalid,
		"p = :p AND s = :s AND s BETWEEN ": invalid,
	} {
		values := ""
		for name, v := range map[string]string{"p": `{"S":"a"}`, "s": `{"N":"4"}`, "e": `{"N":"6"}`} {
			if strings.Contains(condition, ":"+name) {
				values += `,":` + name + `":` + v
			}
		}
		out, code := r.send(t, "Query", `{"TableName":"T","KeyConditionExpression":"`+condition+
			`","ExpressionAttributeValues":{`+values[1:]+`}}`)
		if got := sorts(out); got != want && code != want {
			t.Errorf("%s: %s %s, want %s", condition, got, code, want)
		}
	}
}

// TestPages reads all items of a table and of an index by pages.
func TestPages(t *testing.T) {
	r := start(t)
	fill(t, r)
	for _, tt := range []struct {
		operation, body string
		want            int
	}{
		{"Scan", `"TableName":"T","Limit":5`, 12},
		{"Scan", `"TableName":"T","IndexName":"byG","Limit":1`, 4},
		{"Scan", `"TableName":"T","Limit":5,"Select":"COUNT"`, 12},
		{"Query", `"TableName":"T","IndexName":"byG","Limit":3,"KeyConditionExpression":"g = :g",
			"ScanIndexForward":false,"ExpressionAttributeValues":{":g":{"S":"red"}}`, 4},
	} {
		seen, count, more := make(map[string]bool), 0.0, ""
		for range 20 {
			out, code := r.send(t, tt.operation, `{`+tt.body+more+`}`)
			if code != "" {
				t.Fatalf("%s: %v", tt.body, out)
			}
			count += out["Count"].(float64)
			for _, s := range strings.Fields(sorts(out)) {
				seen[s] = true
			}
			last, ok := out["LastEvaluatedKey"].(map[string]any)
			if !ok {
				break
			}
			more = `,"ExclusiveStartKey":{"p":{"S":"a"},"s":{"N":"` +
				last["s"].(map[string]any)["N"].(string) + `"}`
			if last["g"] != nil {
				more += `,"g":{"S":"red"}`
			}
			more += `}`
		}
		if int(count) != tt.want || !strings.Contains(tt.body, "COUNT") && len(seen) != tt.want {
			t.Errorf("%s: %v items, %d different, want %d", tt.body, count, len(seen), tt.want)
		}
	}
	out, _ := r.send(t, "Query", `{"TableName":"T","IndexName":"keysG","Limit":1,
		"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"red"}}}`)
	if i := out["Items"].([]any)[0].(map[string]any); i["x"] == nil || i["y"] != nil || i["p"] == nil {
		t.Errorf("an index with x has %v", i)
	}
}

func TestBatches(t *testing.T) {
	r := start(t)
	const request = `{"RequestItems":{"T":[{"PutRequest":{"Item":{"p":{"S":"a"},"s":{"N":"1"}}}},` +
		`{"PutRequest":{"Item":{"p":{"S":"a"},"s":{"N":"2"}}}}%s]}}`
	r.run(t, []call{
		{"BatchWriteItem", fmt.Sprintf(request, ""), `{"UnprocessedItems":{}}`},
		{
			"BatchWriteItem",
			fmt.Sprintf(request, `,{"DeleteRequest":{"Key":{"p":{"S":"a"},"s":{"N":"2"}}}}`),
			invalid,
		},
		{"BatchWriteItem", `{"RequestItems":{}}`, invalid},
		{"BatchGetItem", `{"RequestItems":{"T":{"Keys":[{"p":{"S":"a"},"s":{"N":"1"}},
			{"p":{"S":"b"},"s":{"N":"1"}}]}}}`, `{"UnprocessedKeys":{},"Responses":{"` + r.table +
			`":[{"p":{"S":"a"},"s":{"N":"1"}}]}}`},
		{"BatchGetItem", `{"RequestItems":{"T":{"Keys":[{"p":{"S":"a"},"s":{"N":"1"}},
			{"p":{"S":"a"},"s":{"N":"1.0"}}]}}}`, invalid},
		{"BatchWriteItem", `{"RequestItems":{"T":[
			{"DeleteRequest":{"Key":{"p":{"S":"a"},"s":{"N":"2"}}}}]}}`, ""},
		{"Scan", `{"TableName":"T","Select":"COUNT"}`, `{"Count":1,"ScannedCount":1}`},
	})
}
