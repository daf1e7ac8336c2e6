package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// standIn stands in for AWS as far as the first event of a function needs it: Lambda's Runtime API,
// and a table in DynamoDB that accepts every item.
type standIn struct {
	server  http.Server
	addr    string
	event   []byte
	asked   chan time.Time // the times of its first two requests for an event
	replied chan time.Time // the time of its reply to the first event

	mu    sync.Mutex // guards what follows
	first bool       // the event was given out
	puts  int
	wrong error // the first unexpected call
}

// newStandIn starts a stand-in. The caller closes it.
func newStandIn() (*standIn, error) {
	event, err := connectEvent(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &standIn{
		addr: l.Addr().String(), event: event,
		asked: make(chan time.Time, 2), replied: make(chan time.Time, 1),
	}
	a.server.Handler = a.routes()
	go func() { _ = a.server.Serve(l) }() // until close; a function without an answer prints an error
	return a, nil
}

func (a *standIn) close() { _ = a.server.Close() } // no caller waits for an answer

// connectEvent returns the event that API Gateway sends when a client connects.
func connectEvent(now time.Time) ([]byte, error) {
	const host = "abcd1234.execute-api.us-east-1.amazonaws.com"
	return apigw.MarshalEvent(tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, RequestID: "R1kmxF2VNjMFbRw=", Time: now,
		Conn: &tyg.Conn{
			ID: "R1kmxc2VNjMCFIA=", ConnectedAt: now, SourceIP: "192.0.2.1", UserAgent: "bench",
			Domain: host, Stage: "api", APIID: "abcd1234",
		},
		Request: &tyg.Request{
			Host: host, SourceIP: "192.0.2.1",
			Header: http.Header{
				"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Version": {"13"},
				"User-Agent": {"bench"},
			},
		},
	})
}

// environment returns the whole environment of a function's process.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)
func (a *standIn) environment(f function) []string {
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + a.addr, "AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=bench",
		"AWS_SECRET_ACCESS_KEY=bench", "AWS_SESSION_TOKEN=bench", "LANG=en_US.UTF-8", "TZ=:UTC",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TYG_ENDPOINT=https://abcd1234.execute-api.us-east-1.amazonaws.com/api",
	}
	if f.table {
		env = append(env, "TABLE=bench", "AWS_ENDPOINT_URL_DYNAMODB=http://"+a.addr)
	}
	return env
}

// routes serves the Runtime API and DynamoDB.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
func (a *standIn) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/first/response", a.response)
	mux.HandleFunc("POST /{$}", a.put)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 500)) // it only explains
		a.refuse(w, fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, body))
	})
	return mux
}

// next answers the first request with the event, and no other.
func (a *standIn) next(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	a.mu.Lock()
	again := a.first
	a.first = true
	a.mu.Unlock()
	a.asked <- now
	if again {
		<-r.Context().Done() // until the process has ended
		return
	}
	h := w.Header()
	h.Set("Lambda-Runtime-Aws-Request-Id", "first")
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(now.Add(29*time.Second).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn",
		"arn:aws:lambda:us-east-1:123456789012:function:bench")
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(a.event) // if it is lost, the function does not reply
}

// response takes the reply to the event, which must accept the connection.
func (a *standIn) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	now := time.Now()
	var reply struct{ StatusCode int }
	if err == nil {
		err = json.Unmarshal(body, &reply)
	}
	if err != nil || reply.StatusCode != http.StatusOK {
		a.refuse(w, fmt.Errorf("it replied %q, which does not accept the connection", body))
		return
	}
	w.WriteHeader(http.StatusAccepted)
	a.replied <- now
}

// put answers as DynamoDB does, with the checksum that the SDK verifies.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html)
func (a *standIn) put(w http.ResponseWriter, r *http.Request) {
	const done = "{}"
	body, err := io.ReadAll(r.Body)
	var item struct{ Item map[string]any }
	if err == nil {
		err = json.Unmarshal(body, &item)
	}
	action := r.Header.Get("X-Amz-Target")
	if err != nil || action != "DynamoDB_20120810.PutItem" || len(item.Item) == 0 {
		a.refuse(w, fmt.Errorf("it called DynamoDB with %q: %s", action, body))
		return
	}
	a.mu.Lock()
	a.puts++
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE([]byte(done))))
	_, _ = io.WriteString(w, done) // if it is lost, the function fails
}

// refuse records the first unexpected call, and answers with status 400.
func (a *standIn) refuse(w http.ResponseWriter, why error) {
	a.mu.Lock()
	if a.wrong == nil {
		a.wrong = why
	}
	a.mu.Unlock()
	http.Error(w, why.Error(), http.StatusBadRequest)
}

// check returns an error if the function made an unexpected call, or missed one.
func (a *standIn) check(f function) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	want := 0
	if f.table {
		want = 1
	}
	if a.wrong == nil && a.puts != want {
		return fmt.Errorf("it wrote %d items, want %d", a.puts, want)
	}
	return a.wrong
}
