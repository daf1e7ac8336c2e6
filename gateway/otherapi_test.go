package gateway_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/gateway"
)

// TestOtherAPIsAreRefused: a call of an API that is not here is told what is.
func TestOtherAPIsAreRefused(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo()})
	const want = `"message":"tyg answers Invoke and @connections only"`
	for _, call := range []string{
		"GET /v2/apis", "DELETE /v2/apis/local/stages/api", "POST /restapis", "POST /", "GET /",
		"GET /2015-03-31/functions", "POST /wrong/path",
	} {
		method, path, _ := strings.Cut(call, " ")
		status, header, body := r.call(t, method, path, "{}")
		if status != 404 || !strings.Contains(body, want) ||
			header.Get("X-Amzn-Errortype") != "NotFoundException" {
			t.Errorf("%s: status %d, %s, header %v", call, status, body, header)
		}
	}
	// What is here, and what is no call, is as before.
	if status, _, _ := r.call(t, "POST", "/wrong/@connections/AAAAAAAAAAAAAAA=", ""); status != 403 {
		t.Errorf("another stage gets status %d, want 403", status)
	}
	for _, path := range []string{"/v2/apis", "/wrong"} {
		request := "GET " + path + " HTTP/1.1\r\nHost: " + r.host() + "\r\n\r\n"
		if res, body := r.ask(t, request); res.StatusCode != 403 || body != `{"message":"Forbidden"}` {
			t.Errorf("%s without a signature: status %d, %s", path, res.StatusCode, body)
		}
	}
	const signature = "Authorization: AWS4-HMAC-SHA256 Credential=x"
	if res, _ := r.ask(t, r.handshake(signature)); res.StatusCode != 101 {
		t.Errorf("a signed handshake gets status %d, want 101", res.StatusCode)
	}
}
