package dynamodb

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// ServesItems tells whether an operation reads or writes items. [State.Items] serves those, and no
// [wire.Operation] does.
func ServesItems(operation string) bool {
	return slices.Contains([]string{
		"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query",
		"TransactWriteItems", "UpdateItem",
	}, operation)
}

// Items serves an operation on items, and returns the code of its error, if it is one. The request
// is one that its model allows.
func (s *State) Items(r *wire.Request) (a *wire.Response, code string) {
	t, err := s.tableOfItems(r.Input)
	if err != nil {
		e := err.(*wire.Error)
		return r.Fail(e), e.Code
	}
	raw := r.Raw.Clone(r.Raw.Context())
	raw.Body = io.NopCloser(bytes.NewReader(r.Body))
	raw.ContentLength = int64(len(r.Body))
	w := &recorder{response: wire.Response{Status: http.StatusOK, Header: make(http.Header)}}
	t.items.ServeHTTP(w, raw)
	return &w.response, w.code()
}

// tableOfItems returns the one table that a request about items names; BatchGetItem may name many,
// which is refused. It fails for a table that does not exist, is being created or being deleted.
func (s *State) tableOfItems(in wire.Params) (*table, error) {
	var names []string
	if in.Str("TableName") != "" {
		names = append(names, in.Str("TableName"))
	}
	for name := range in.Obj("RequestItems") {
		names = append(names, name)
	}
	if len(names) != 1 {
		return nil, wire.Invalid("the stand-in serves one table at a time, not %v", names)
	}
	t := s.tables[names[0]]
	if t == nil || t.gone || t.creating > 0 {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
			"Requested resource not found")
	}
	return t, nil
}

// newItems makes the server of a table's items. If it refuses the table, so do all operations on
// items, because there is none.
func newItems(name string, in wire.Params) *dynamodb.Server {
	s := new(dynamodb.Server)
	request, _ := json.Marshal(map[string]any{ // cannot fail: it was JSON
		"TableName": name, "KeySchema": in["KeySchema"], "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions":   in["AttributeDefinitions"],
		"GlobalSecondaryIndexes": in["GlobalSecondaryIndexes"],
	})
	_ = s.CreateTable(request)
	return s
}

// A recorder is an http.ResponseWriter that keeps what is written.
type recorder struct{ response wire.Response }

func (w *recorder) Header() http.Header { return w.response.Header }

func (w *recorder) WriteHeader(status int) { w.response.Status = status }

func (w *recorder) Write(p []byte) (int, error) {
	w.response.Body = append(w.response.Body, p...)
	return len(p), nil
}

// code returns the code of the error in the response, "" if it is none.
func (w *recorder) code() string {
	if w.response.Status < http.StatusBadRequest {
		return ""
	}
	var e struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(w.response.Body, &e) // a body without a type has no code
	_, code, _ := strings.Cut(e.Type, "#")
	return code
}
