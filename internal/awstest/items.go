package awstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// itemOperations are those of DynamoDB that read and write items. A dynamotest.Server serves
// them, after the checks that all others go through too.
var itemOperations = []string{
	"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query",
	"TransactWriteItems", "UpdateItem",
}

// passesOn tells whether the operation is served by the handler of items.
func (r *request) passesOn() bool {
	return r.Name == "dynamodb" && slices.Contains(itemOperations, r.Operation)
}

// passOn lets h answer r, and returns the code of its error, if it is one.
func passOn(h http.Handler, r *request) (*wire.Response, string) {
	raw := r.Raw.Clone(r.Raw.Context())
	raw.Body = io.NopCloser(bytes.NewReader(r.Body))
	raw.ContentLength = int64(len(r.Body))
	w := &recorder{response: wire.Response{Status: http.StatusOK, Header: make(http.Header)}}
	h.ServeHTTP(w, raw)
	if w.response.Status < http.StatusBadRequest {
		return &w.response, ""
	}
	var e struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(w.response.Body, &e) // without a type it is an error all the same
	_, code, _ := strings.Cut(e.Type, "#")
	return &w.response, code
}

// A recorder is an http.ResponseWriter that keeps what is written.
type recorder struct{ response wire.Response }

func (w *recorder) Header() http.Header { return w.response.Header }

func (w *recorder) WriteHeader(status int) { w.response.Status = status }

func (w *recorder) Write(p []byte) (int, error) {
	w.response.Body = append(w.response.Body, p...)
	return len(p), nil
}
