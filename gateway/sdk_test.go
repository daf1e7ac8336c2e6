package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway"
)

// TestSDK calls @connections with the parts that every client of the AWS SDK for Go is made of: its
// HTTP client, its signer, and its way to find the name of an error.
func TestSDK(t *testing.T) {
	const key = "AKIDEXAMPLE"
	r, c, conn, l := open(t, &gateway.Server{Secrets: map[string]string{key: anyone.SecretAccessKey}})
	tests := []struct {
		method, body string
		status       int
		kind         string
	}{
		{http.MethodPost, "hello", 200, ""},
		{http.MethodPost, strings.Repeat("x", 128<<10+1), 413, "PayloadTooLargeException"},
		{http.MethodGet, "", 200, ""},
		{http.MethodDelete, "", 204, ""},
		{http.MethodPost, "hello", 410, "GoneException"},
		{http.MethodGet, "", 410, "GoneException"},
		{http.MethodDelete, "", 410, "GoneException"},
	}
	client := awshttp.NewBuildableClient()
	for _, tt := range tests {
		url := "http://" + r.host() + apigw.ConnectionsPath("api", conn.ID)
		req, err := http.NewRequestWithContext(t.Context(), tt.method, url, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		sign(t, req, tt.body, anyone)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		kind := restjson.SanitizeErrorCode(res.Header.Get("X-Amzn-ErrorType"))
		if res.StatusCode != tt.status || kind != tt.kind || err != nil {
			t.Errorf("%s: %d %q, %v; want %d %q", tt.method, res.StatusCode, kind, err, tt.status, tt.kind)
		}
		if tt.status == http.StatusNoContent {
			c.expectClose(t, 1000, "Connection Closed Normally")
			l.wantEnd(t, 1000, "Connection Closed Normally")
		} else if tt.method == http.MethodPost && tt.status == http.StatusOK {
			c.expect(t, tt.body)
		}
	}
	client.GetTransport().CloseIdleConnections()
}
