package local

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

const tableRequest = `{"TableName":"things","BillingMode":"PAY_PER_REQUEST",` +
	`"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],` +
	`"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`

// list asks an engine for its tables.
func list(t *testing.T, url string, header map[string]string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/"+
		"aws4_request, SignedHeaders=host, Signature=0")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestTablesAreServed: the tables of a project are at the address of tyg local, for programs of
// this machine and not for pages.
func TestTablesAreServed(t *testing.T) {
	plan := Plan{Tables: []Table{{Name: "things", Request: []byte(tableRequest)}}}
	err := serveWith(t, plan, nil, func(line string) {
		_, address, _ := strings.Cut(line, "ws://")
		address, _, _ = strings.Cut(address, "/")
		url := "http://" + address
		if got := list(t, url, nil); got != `{"TableNames":["things"]}` {
			t.Errorf("the tables are %s", got)
		}
		page := map[string]string{"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
		if got := list(t, url, page); strings.Contains(got, "things") {
			t.Errorf("a page got %s", got)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTablesElsewhere makes tables in an engine that a flag or the environment names.
func TestTablesElsewhere(t *testing.T) {
	engine := new(dynamodb.Server)
	elsewhere := httptest.NewServer(engine)
	defer elsewhere.Close()
	plan := Plan{Tables: []Table{{Name: "things", Request: []byte(tableRequest)}}}
	for range 2 { // also where the table exists
		at, err := openTables(Config{Environ: []string{dynamoVariable + "=" + elsewhere.URL}}, plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := at.make(t.Context(), plan.Tables); err != nil {
			t.Error(err)
		}
		if got := strings.Join(at.environ("gateway"), " "); got != dynamoVariable+"="+elsewhere.URL {
			t.Errorf("functions get %s", got)
		}
	}
	if got := strings.Join(engine.Tables(), " "); got != "things" {
		t.Errorf("the engine has %s", got)
	}
	bad := Plan{Tables: []Table{{Name: "x", Request: []byte(`{}`)}}}
	at := tables{endpoint: elsewhere.URL}
	err := at.make(t.Context(), bad.Tables)
	if err == nil || !strings.Contains(err.Error(), "table x") {
		t.Errorf("a table that is wrong: %v", err)
	}
}

// TestWhereTablesAre: a project without tables leaves calls alone.
func TestWhereTablesAre(t *testing.T) {
	with := Plan{Tables: []Table{{Name: "things"}}}
	for _, tt := range []struct {
		flag, variable string
		plan           Plan
		memory         bool
		note           string
	}{
		{"", "", Plan{}, false, ""},
		{"", "", with, true, "DynamoDB is in memory, at http://gateway"},
		{"", "", Plan{UsesTables: true}, true, "calls of DynamoDB stay here"},
		{InMemory, "", Plan{}, true, "calls of DynamoDB stay here"},
		{OnAWS, "http://127.0.0.1:1", with, false, "the tables are those of AWS"},
		{"", "http://127.0.0.1:1", with, false, "the tables are at http://127.0.0.1:1: things"},
		{InMemory, "http://127.0.0.1:1", with, true, "things"},
	} {
		environ := []string{dynamoVariable + "=" + tt.variable}
		at, err := openTables(Config{DynamoDB: tt.flag, Environ: environ}, tt.plan)
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(at.notes(tt.plan, "gateway"), "\n")
		if (at.engine != nil) != tt.memory || !strings.Contains(notes, tt.note) ||
			(notes == "") != (tt.note == "") {
			t.Errorf("%+v: in memory %t, note %q", tt, at.engine != nil, notes)
		}
	}
	for _, wrong := range []string{"x", "ftp://a", "https://dynamodb.us-east-1.amazonaws.com", "http://"} {
		if CheckDynamoDB(wrong) == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}
