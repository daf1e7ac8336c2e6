package dynamodb_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// own returns a Server, whatever the environment names: other engines lack these calls, or differ.
func own(t *testing.T) rig {
	t.Helper()
	server := httptest.NewServer(new(dynamodb.Server))
	t.Cleanup(server.Close)
	r := rig{server.URL, "T-1"}
	if out, code := r.send(t, "CreateTable", createTable); code != "" {
		t.Fatal(out)
	}
	return r
}

func TestTransactions(t *testing.T) {
	r := own(t)
	const key2 = `"Key":{"p":{"S":"b"},"s":{"N":"1"}}`
	write := func(actions, want string) call {
		return call{"TransactWriteItems", `{"TransactItems":[` + actions + `]}`, want}
	}
	r.run(t, []call{
		write(`{"Put":{"TableName":"T","Item":`+first+`}},{"Update":{"TableName":"T",`+key2+`,
			"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}`, ""),
		get(first),
		write(`{"Delete":{`+firstKey+`}},{"ConditionCheck":{"TableName":"T",`+key2+`,
			"ConditionExpression":"n = :n","ExpressionAttributeValues":{":n":{"N":"2"}},
			"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}`,
			`{"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed",
				"Message":"The conditional request failed",
				"Item":{"p":{"S":"b"},"s":{"N":"1"},"n":{"N":"1"}}}]}`),
		get(first), // none of the actions was carried out
		write(`{"Delete":{`+firstKey+`}},{"Put":{"TableName":"T","Item":`+first+`}}`, invalid),
		write(`{"Put":{"TableName":"T","Item":`+first+`},"Delete":{`+firstKey+`}}`, invalid),
		write(``, invalid),
		write(`{"Delete":{"TableName":"none-such","Key":{}}}`, "ResourceNotFoundException"),
		{
			"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"T",` + key2 + `}},
			{"Get":{"TableName":"T","Key":{"p":{"S":"c"},"s":{"N":"1"}}}}]}`,
			`{"Responses":[{"Item":{"p":{"S":"b"},"s":{"N":"1"},"n":{"N":"1"}}},{}]}`,
		},
	})
	again := call{
		"TransactWriteItems", `{"ClientRequestToken":"x","TransactItems":[{"Update":{"TableName":"T",` +
			key2 + `,"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}]}`, "",
	}
	r.run(t, []call{again, again, {
		"GetItem", `{"TableName":"T",` + key2 + `}`,
		`{"Item":{"p":{"S":"b"},"s":{"N":"1"},"n":{"N":"2"}}}`,
	}})
}

func TestTables(t *testing.T) {
	r := own(t)
	r.run(t, []call{
		{"CreateTable", createTable, "ResourceInUseException"},
		{"ListTables", `{}`, `{"TableNames":["T-1"]}`},
		{"UpdateTimeToLive", `{"TableName":"T","TimeToLiveSpecification":
			{"AttributeName":"ttl","Enabled":true}}`, ""},
		{
			"DescribeTimeToLive", `{"TableName":"T"}`,
			`{"TimeToLiveDescription":{"AttributeName":"ttl","TimeToLiveStatus":"ENABLED"}}`,
		},
		{"UpdateTable", `{"TableName":"T","GlobalSecondaryIndexUpdates":[
			{"Delete":{"IndexName":"byG"}}]}`, ""},
		{"Scan", `{"TableName":"T","IndexName":"byG"}`, invalid},
		put(`{"p":{"S":"a"},"s":{"N":"1"},"g":{"S":"x"}}`),
		{"UpdateTable", `{"TableName":"T","GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"new",
			"KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"ALL"}}}]}`, ""},
		{"Scan", `{"TableName":"T","IndexName":"new"}`, `{"Count":1}`},
		{"CreateTable", `{"TableName":"bad name"}`, invalid},
		{"DeleteItem", `{` + firstKey + `,"ReturnValues":"ALL_NEW"}`, invalid},
		{"ExecuteStatement", `{}`, "UnknownOperationException"},
		{"Query", `{"TableName":"T","KeyConditions":{}}`, invalid},
		{"GetItem", `{"TableName":`, "SerializationException"},
		{"DeleteTable", `{"TableName":"T"}`, ""},
		{"DescribeTable", `{"TableName":"T"}`, "ResourceNotFoundException"},
	})
}

// FuzzExpressions must not panic.
func FuzzExpressions(f *testing.F) {
	f.Add("n = :v AND (begins_with(m.k, :v) OR NOT size(l) > :v)", "SET a.b[1] = list_append(a, :v)",
		"a, b[0].c")
	f.Add("a BETWEEN b AND c", "ADD a :v DELETE b :v REMOVE c[0], d", "#n")
	f.Fuzz(func(t *testing.T, condition, update, projection string) {
		dynamodb.Evaluate(condition, update, projection)
	})
}

// FuzzNumber compares what becomes of a number with what it was.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "1e3", ".5", "1E-130", strings.Repeat("9", 38)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := dynamodb.Canonical(s)
		if err != nil {
			return
		}
		if twice, err := dynamodb.Canonical(once); err != nil || twice != once {
			t.Errorf("%q becomes %q, and that becomes %q, %v", s, once, twice, err)
		}
	})
}
