package awstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// itemOperations are those of DynamoDB that read and write items. A dynamotest.Server serves
// them, after the checks that all others go through too.
var itemOperations = []string{
	"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query",
	"TransactWriteItems", "UpdateItem",
}

// passesOn tells whether the operation is served by the handler of items.
func (r *request) passesOn() bool {
	return r.service.name == "dynamodb" && slices.Contains(itemOperations, r.name)
}

// passOn lets h answer r, and returns the code of its error, if it is one.
func passOn(h http.Handler, r *request) (*answer, string) {
	raw := r.raw.Clone(r.raw.Context())
	raw.Body = io.NopCloser(bytes.NewReader(r.body))
	raw.ContentLength = int64(len(r.body))
	w := &recorder{answer: answer{status: http.StatusOK, header: make(http.Header)}}
	h.ServeHTTP(w, raw)
	if w.status < http.StatusBadRequest {
		return &w.answer, ""
	}
	var e struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(w.body, &e) // without a type it is an error all the same
	_, code, _ := strings.Cut(e.Type, "#")
	return &w.answer, code
}

// A recorder is an http.ResponseWriter that keeps what is written.
type recorder struct{ answer }

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(p []byte) (int, error) {
	w.body = append(w.body, p...)
	return len(p), nil
}
