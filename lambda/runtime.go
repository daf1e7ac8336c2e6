package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// runtimeVariable names the address of the Runtime API, HOST:PORT, to a process that Lambda starts.
const runtimeVariable = "AWS_LAMBDA_RUNTIME_API"

// runtimeAPI is a client of Lambda's Runtime API, which hands events to the process and takes its
// replies. It repeats no request: after a failure a runtime should exit, and Lambda starts another
// process. It may be used by many goroutines at once.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
type runtimeAPI struct {
	base string // ends with a slash
	http *http.Client
}

// newRuntimeAPI returns a client that keeps a connection for each event that is handled at once.
func newRuntimeAPI(address string, parallel int) *runtimeAPI {
	return &runtimeAPI{
		base: "http://" + address + runtimePath,
		http: &http.Client{
			Timeout: pollTimeout,
			// No proxy: the address is on this machine.
			Transport:     &http.Transport{MaxIdleConnsPerHost: parallel, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// respond hands in the reply to an event.
func (a *runtimeAPI) respond(id string, reply []byte) error {
	err := a.post("invocation/"+url.PathEscape(id)+"/response", nil, reply)
	if err != nil {
		return fmt.Errorf("hand Lambda the reply to %s: %w", id, err)
	}
	return nil
}

// fail hands in the failure of an event.
func (a *runtimeAPI) fail(id string, failed error) error {
	f := newFailure(failed)
	err := a.post("invocation/"+url.PathEscape(id)+"/error", f.header(), f.json())
	if err != nil {
		return fmt.Errorf("hand Lambda the failure of %s: %w", id, err)
	}
	return nil
}

// initErrorTimeout is how long failInit waits for Lambda.
const initErrorTimeout = time.Second

// failInit says why the process cannot handle events. It waits for initErrorTimeout at most.
func (a *runtimeAPI) failInit(failed error) {
	a.http.Timeout = initErrorTimeout
	f := newFailure(failed)
	_ = a.post("init/error", f.header(), f.json()) // the process ends, and says the same to its log
}

// post makes a request that Lambda must accept.
func (a *runtimeAPI) post(path string, header http.Header, body []byte) error {
	res, err := a.do(context.Background(), http.MethodPost, path, header, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		return statusError(res)
	}
	_, _ = io.Copy(io.Discard, res.Body) // so that the connection can be used again
	return nil
}

func (a *runtimeAPI) do(
	ctx context.Context, method, path string, header http.Header, body []byte,
) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "tyg/"+runtime.Version())
	return a.http.Do(req)
}

// statusError is an answer that means failure, with the beginning of what it says.
func statusError(res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // less will do
	text = bytes.ToValidUTF8(bytes.TrimSpace(text), nil)   // it may be cut within a character
	return fmt.Errorf("HTTP status %d %q", res.StatusCode, text)
}

// A failure is an error as Lambda's callers see it.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror)
type failure struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// maxFailure bounds the message of a failure, in bytes: one that does not fit into Lambda's 6 MB,
// or into X-Ray's 1 MB, would end the process.
const maxFailure = 64 << 10

// newFailure describes an error by its text and the name of its Go type.
func newFailure(err error) failure {
	f := failure{Message: err.Error(), Type: "error"}
	if len(f.Message) > maxFailure {
		// Without the part of a character at which it was cut.
		f.Message = strings.ToValidUTF8(f.Message[:maxFailure], "") + "..."
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() != "" {
		f.Type = t.Name()
	}
	return f
}

func (f failure) json() []byte {
	b, _ := json.Marshal(f) // strings always have a JSON form
	return b
}

// header returns what X-Ray shows of a failure, and its type.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors)
func (f failure) header() http.Header {
	type exception struct {
		Type    string     `json:"type"`
		Message string     `json:"message"`
		Stack   []struct{} `json:"stack"`
	}
	dir, _ := os.Getwd()              // it only tells a reader where the program was
	cause, _ := json.Marshal(struct { // strings always have a JSON form
		Dir        string      `json:"working_directory"`
		Exceptions []exception `json:"exceptions"`
		Paths      []string    `json:"paths"`
	}{dir, []exception{{f.Type, f.Message, []struct{}{}}}, []string{}})
	return http.Header{
		"Lambda-Runtime-Function-Error-Type":       {ascii(f.Type)},
		"Lambda-Runtime-Function-Xray-Error-Cause": {ascii(string(cause))},
	}
}

// ascii escapes, as JSON does, what net/http refuses to send in a header or others may not read.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		if ' ' <= r && r <= '~' {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// parseDeadline reads when Lambda ends the process.
func parseDeadline(ms string) (time.Time, error) {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("deadline of event: %w", err)
	}
	return time.UnixMilli(n), nil
}
