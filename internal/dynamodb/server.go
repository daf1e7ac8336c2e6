package dynamodb

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Server answers the requests of DynamoDB's JSON protocol. The zero Server has no tables. It does
// not check who has signed a request.
type Server struct {
	// PageSize is how many bytes of items a page of Query, Scan or BatchGetItem has, if that is less
	// than DynamoDB's limits. A page has one item at least. Set it before the first request.
	PageSize int

	// StreamSize is how many bytes of changes a stream keeps, if that is less than 64 MB. Set it
	// before the first request.
	StreamSize int

	mu     sync.Mutex
	tables map[string]*table    // guarded by mu
	tokens map[string]time.Time // of transactions that were carried out; guarded by mu

	streams map[string]*stream // by ARN, also those that have ended; guarded by mu
}

const target = "DynamoDB_20120810."

// Is reports whether a request is for DynamoDB or its streams, by its header.
func Is(r *http.Request) bool {
	name := r.Header.Get("X-Amz-Target")
	return r.Method == http.MethodPost &&
		(strings.HasPrefix(name, target) || strings.HasPrefix(name, streamTarget))
}

// operations are what the server does, by name.
var operations = map[string]func(*Server, []byte) (any, error){
	"BatchGetItem":              handle((*Server).batchGetItem),
	"BatchWriteItem":            handle((*Server).batchWriteItem),
	"CreateTable":               handle((*Server).createTable),
	"DeleteItem":                handle((*Server).deleteItem),
	"DeleteTable":               handle((*Server).deleteTable),
	"DescribeContinuousBackups": handle((*Server).describeBackups),
	"DescribeTable":             handle((*Server).describeTable),
	"DescribeTimeToLive":        handle((*Server).describeTimeToLive),
	"GetItem":                   handle((*Server).getItem),
	"ListTables":                handle((*Server).listTables),
	"ListTagsOfResource":        handle((*Server).ignore),
	"PutItem":                   handle((*Server).putItem),
	"Query":                     handle((*Server).query),
	"Scan":                      handle((*Server).scan),
	"TagResource":               handle((*Server).ignore),
	"TransactGetItems":          handle((*Server).transactGetItems),
	"TransactWriteItems":        handle((*Server).transactWriteItems),
	"UntagResource":             handle((*Server).ignore),
	"UpdateItem":                handle((*Server).updateItem),
	"UpdateTable":               handle((*Server).updateTable),
	"UpdateTimeToLive":          handle((*Server).updateTimeToLive),
}

// replaced are the parameters that expressions have replaced.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html)
var replaced = map[string]string{
	"AttributesToGet": "ProjectionExpression", "AttributeUpdates": "UpdateExpression",
	"ConditionalOperator": "ConditionExpression", "Expected": "ConditionExpression",
	"KeyConditions": "KeyConditionExpression", "QueryFilter": "FilterExpression",
	"ScanFilter": "FilterExpression",
}

// handle decodes the request of an operation, which has the server to itself.
func handle[In any](do func(*Server, In) (any, error)) func(*Server, []byte) (any, error) {
	return func(s *Server, body []byte) (any, error) {
		var in In
		var all map[string]json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, serialization("the request is no JSON object: %v", err)
		}
		for name := range all {
			if new, ok := replaced[name]; ok {
				return nil, invalid("tyg's DynamoDB does not have %s; use %s, or another engine with "+
					"--dynamodb-endpoint", name, new)
			}
		}
		if err := json.Unmarshal(body, &in); err != nil {
			if ours, ok := errors.AsType[*Error](err); ok {
				return nil, ours
			}
			return nil, serialization("%v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(s, in)
	}
}

// maxBody bounds a request; that of DynamoDB is 16 MB.
const maxBody = 16 << 20

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.serve(w, r)
	status := http.StatusOK
	if err != nil {
		failed, ok := errors.AsType[*Error](err)
		if !ok {
			failed = &Error{Code: "InternalServerError", Message: err.Error()}
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

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (any, error) {
	all := operations
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), target)
	if !ok {
		all = streamOperations
		name, ok = strings.CutPrefix(r.Header.Get("X-Amz-Target"), streamTarget)
	}
	if !ok || r.Method != http.MethodPost {
		return nil, &Error{Code: "UnknownOperationException"}
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") {
		return nil, &Error{
			Code: "MissingAuthenticationTokenException", Message: "Request is missing Authentication Token",
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, serialization("read request: %v", err)
	}
	return s.do(all, name, body)
}

// do carries out one of the operations.
func (s *Server) do(
	operations map[string]func(*Server, []byte) (any, error), name string, body []byte,
) (any, error) {
	do, ok := operations[name]
	if !ok {
		return nil, &Error{
			Code: "UnknownOperationException",
			Message: "tyg's DynamoDB does not know the operation " + strconv.Quote(name) +
				"; use another engine with --dynamodb-endpoint",
		}
	}
	return do(s, body)
}

// CreateTable makes a table from the JSON of a request of that name. It is no error if a table of
// that name exists.
func (s *Server) CreateTable(request []byte) error {
	_, err := s.do(operations, "CreateTable", request)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == "ResourceInUseException" {
		return nil
	}
	return err
}

// Tables returns the names of the tables, sorted.
func (s *Server) Tables() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names()
}

func (s *Server) names() []string {
	var all []string
	for name := range s.tables {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

type ignoreInput struct{ ResourceArn string }

// ignore accepts what has no effect here.
func (s *Server) ignore(ignoreInput) (any, error) { return struct{}{}, nil }
