package runtimeapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

func FuzzRuntimePath(f *testing.F) {
	for _, s := range []string{
		"invocation/next", "invocation/x/response", "invocation/x/error", "init/error",
		"invocation//error", "x",
	} {
		f.Add("GET", "/2018-06-01/runtime/"+s)
		f.Add("POST", "/2018-06-01/runtime/"+s)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		verb, id, p := runtimeapi.ParseRuntimePath(method, path)
		if p != nil {
			return
		}
		want := "/2018-06-01/runtime/invocation/" + id + "/" + verb
		switch verb {
		case "next":
			want = "/2018-06-01/runtime/invocation/next"
		case "init/error":
			want = "/2018-06-01/runtime/init/error"
		}
		if path != want || (method == "GET") != (verb == "next") {
			t.Errorf("%s %q became %q of %q", method, path, verb, id)
		}
	})
}

// FuzzRequest feeds the Runtime API what a process may send.
func FuzzRequest(f *testing.F) {
	const runtime = "/2018-06-01/runtime/"
	for _, s := range []string{
		"GET " + runtime + "invocation/next HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST " + runtime + "invocation/a/response HTTP/1.1\r\nHost: x\r\n" +
			"Content-Length: 2\r\n\r\n{}",
		"POST " + runtime + "invocation/a/response HTTP/1.1\r\nHost: x\r\n" +
			"Transfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\n\r\n" +
			"2\r\n{}\r\n0\r\nLambda-Runtime-Function-Error-Type: T\r\n\r\n",
		"POST " + runtime + "invocation/a/error HTTP/1.0\r\nExpect: 100-continue\r\n" +
			"Content-Length: 1\r\n\r\n1",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bufio.NewReader(bytes.NewReader(b))
		for {
			q, err := runtimeapi.ReadRequest(in, io.Discard)
			if err != nil {
				return
			}
			if len(q.Body()) > len(b) && !json.Valid(q.Body()) {
				t.Errorf("%d bytes of body in %d bytes", len(q.Body()), len(b))
			}
		}
	})
}

func FuzzFailure(f *testing.F) {
	for _, s := range []string{
		`{"errorMessage":"m","errorType":"T","stackTrace":["a",{"path":"p","line":1,"label":"l"},null]}`,
		`{"stackTrace":"a"}`, `null`, `"x"`, ``, `{`, "\xff",
	} {
		f.Add("T", []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		e := runtimeapi.ParseFailure(kind, body)
		if !json.Valid(e.Payload) {
			t.Errorf("the payload %q is no JSON", e.Payload)
		}
	})
}
