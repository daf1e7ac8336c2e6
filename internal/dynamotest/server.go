package dynamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A Server answers the requests of DynamoDB's JSON protocol. The zero Server has no tables.
type Server struct {
	// PageSize is how many bytes of items a page of Query or BatchGetItem holds: 1 MB for 0, as in
	// DynamoDB. A page has one item at least. It must not change while requests are under way.
	PageSize int

	mu     sync.Mutex
	tables map[string]*table // guarded by mu
}

const defaultPageSize = 1 << 20

var operations = map[string]func(*Server, []byte) (any, error){
	"CreateTable":   handle((*Server).createTable),
	"DescribeTable": handle((*Server).describeTable),
	"GetItem":       handle((*Server).getItem),
	"PutItem":       handle((*Server).putItem),
	"UpdateItem":    handle((*Server).updateItem),
	"DeleteItem":    handle((*Server).deleteItem),
	"Query":         handle((*Server).query),
	"BatchGetItem":  handle((*Server).batchGetItem),
}

// handle decodes the request of an operation. It refuses members that are not in its struct, which
// this server would have to ignore.
func handle[In any](do func(*Server, In) (any, error)) func(*Server, []byte) (any, error) {
	return func(s *Server, body []byte) (any, error) {
		var in In
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			return nil, invalid("this server does not understand the request: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(s, in)
	}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.serve(r)
	status := http.StatusOK
	if err != nil {
		failed, ok := errors.AsType[*apiError](err)
		if !ok {
			failed = &apiError{"InternalServerError", err.Error()}
		}
		status, out = http.StatusBadRequest, failed.body()
	}
	body, err := json.Marshal(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

func (s *Server) serve(r *http.Request) (any, error) {
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	if !ok || r.Method != http.MethodPost {
		return nil, &apiError{"UnknownOperationException", "not a request for DynamoDB"}
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		return nil, &apiError{"MissingAuthenticationTokenException", "the request is not signed"}
	}
	do, ok := operations[name]
	if !ok {
		return nil, invalid("this server does not know the operation %s", name)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	return do(s, body)
}

// An apiError is an error of DynamoDB.
type apiError struct{ code, message string }

func (e *apiError) Error() string { return e.code + ": " + e.message }

func (e *apiError) body() map[string]string {
	namespace := "com.amazonaws.dynamodb.v20120810"
	if e.code == "ValidationException" || strings.HasPrefix(e.code, "Missing") {
		namespace = "com.amazon.coral.validate"
	}
	return map[string]string{"__type": namespace + "#" + e.code, "message": e.message}
}

func invalid(format string, args ...any) error {
	return &apiError{"ValidationException", fmt.Sprintf(format, args...)}
}
