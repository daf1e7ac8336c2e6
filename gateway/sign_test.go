package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// unknownKey is a key that no gateway knows.
var unknownKey = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}

// sign signs a request as the AWS SDK does.
func sign(t testing.TB, req *http.Request, body string, key aws.Credentials) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(t.Context(), key, req, hex.EncodeToString(sum[:]),
		"execute-api", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
}

// call is a signed request to the rig's server.
func (r *rig) call(
	t testing.TB, method, path, body string, header ...string,
) (int, http.Header, string) {
	t.Helper()
	url := "http://" + r.host() + path
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	sign(t, req, body, unknownKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}
