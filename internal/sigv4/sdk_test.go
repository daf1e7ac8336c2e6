package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

var sdkCred = aws.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// TestVerifySDK sends requests that the AWS SDK signed through a real server, so that all
// differences between a request that was signed and one that was received have their chance.
func TestVerifySDK(t *testing.T) {
	srv := verifyingServer(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		method, target, body := randomRequest(rng)
		r, err := http.NewRequest(method, srv.URL+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if rng.IntN(2) == 0 {
			r.Header.Set("Content-Type", "text/plain;  charset=utf-8")
			r.Header.Add("X-Amz-Meta", "one")
			r.Header.Add("X-Amz-Meta", " two  spaces ")
		}
		err = v4.NewSigner().SignHTTP(context.Background(), sdkCred, r, hash(body), "execute-api",
			"us-east-1", noon)
		if err != nil {
			t.Fatal(err)
		}
		if status, text := do(t, r); status != http.StatusOK {
			t.Errorf("request %d, %s %s: %d %s", i, method, target, status, text)
		}
	}
}

// TestVerifySDKPresigned does the same with presigned URLs.
func TestVerifySDKPresigned(t *testing.T) {
	srv := verifyingServer(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 200 {
		_, target, _ := randomRequest(rng)
		r := presigned(t, srv.URL+target, "300")
		if status, text := do(t, r); status != http.StatusOK {
			t.Errorf("request %d, GET %s: %d %s", i, r.URL, status, text)
		}
	}
}

func TestVerifyPresigned(t *testing.T) {
	tests := []struct {
		name    string
		expires string // empty: none
		after   time.Duration
		change  func(url.Values)
		message string // empty: accepted
	}{
		{"in time", "900", 15 * time.Minute, nil, ""},
		{
			"too late", "900", 15*time.Minute + time.Second, nil,
			"Signature expired: 20261122T120000Z is now earlier than 20261122T120001Z",
		},
		{"without expiry", "", 5 * time.Minute, nil, ""},
		{"without expiry, late", "", 6 * time.Minute, nil, "Signature expired:"},
		{"from the future", "900", -6 * time.Minute, nil, "Signature not yet current:"},
		{"for ever", "604801", 0, nil, "X-Amz-Expires must be"},
		{"for no time", "0", 0, nil, "X-Amz-Expires must be"},
		{
			"prolonged", "900", 0, func(q url.Values) { q.Set("X-Amz-Expires", "901") },
			"The request signature we calculated",
		},
		{
			"no credential", "900", 0, func(q url.Values) { q.Del("X-Amz-Credential") },
			"AWS query-string requires 'X-Amz-Credential' parameter.",
		},
		{
			"no date", "900", 0, func(q url.Values) { q.Del("X-Amz-Date") },
			"AWS query-string requires 'X-Amz-Date' parameter.",
		},
		{
			"other algorithm", "900", 0, func(q url.Values) { q.Set("X-Amz-Algorithm", "MD5") },
			"AWS query-string requires 'X-Amz-Algorithm' parameter.",
		},
		{
			"cut short", "900", 0,
			func(q url.Values) { q.Set("X-Amz-Signature", q.Get("X-Amz-Signature")[:63]) },
			"The request signature we calculated",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := presigned(t, "http://localhost"+path, tt.expires)
			if tt.change != nil {
				query := r.URL.Query()
				tt.change(query)
				r.URL.RawQuery = query.Encode()
			}
			v := verifier()
			v.Now = func() time.Time { return noon.Add(tt.after) }
			_, err := v.Verify(r, nil)
			switch {
			case tt.message == "" && err != nil:
				t.Error(err)
			case tt.message != "" && (err == nil || !strings.Contains(err.Error(), tt.message)):
				t.Errorf("error %v, want one with %q", err, tt.message)
			}
		})
	}
}

// TestSignLikeSDK compares our signature with the SDK's, for the headers that both sign.
func TestSignLikeSDK(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		method, target, _ := randomRequest(rng)
		ours, _ := http.NewRequest(method, "https://example.com"+target, nil)
		theirs := ours.Clone(context.Background())
		sigv4.Sign(ours, nil, cred, "us-east-1", "execute-api", noon)
		err := v4.NewSigner().SignHTTP(context.Background(), sdkCred, theirs, hash(""), "execute-api",
			"us-east-1", noon)
		if err != nil {
			t.Fatal(err)
		}
		got, want := ours.Header.Get("Authorization"), theirs.Header.Get("Authorization")
		if got != want {
			t.Fatalf("%s %s:\ngot  %s\nwant %s", method, target, got, want)
		}
	}
}

// verifyingServer answers 200 if a request verifies, and its error otherwise.
func verifyingServer(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = verifier().Verify(r, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func do(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func presigned(t *testing.T, target, expires string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("GET", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if expires != "" {
		query := r.URL.Query()
		query.Set("X-Amz-Expires", expires)
		r.URL.RawQuery = query.Encode()
	}
	signedURL, _, err := v4.NewSigner().PresignHTTP(context.Background(), sdkCred, r, hash(""),
		"execute-api", "us-east-1", noon)
	if err != nil {
		t.Fatal(err)
	}
	r, err = http.NewRequest("GET", signedURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// randomRequest makes requests to @connections in all spellings, with and without a query and a
// body.
func randomRequest(rng *rand.Rand) (method, target, body string) {
	const idChars = "ABCXYZabcxyz0189-_"
	id := make([]byte, 15)
	for i := range id {
		id[i] = idChars[rng.IntN(len(idChars))]
	}
	at := []string{"@", "%40"}[rng.IntN(2)]
	equals := []string{"=", "%3D", "%3d"}[rng.IntN(3)]
	target = "/api/" + at + "connections/" + string(id) + equals
	switch rng.IntN(4) {
	case 0:
		target += fmt.Sprintf("?b=%d&a=x%%20y&a=+z&%%C3%%A9=*~'()", rng.IntN(100))
	case 1:
		target = "/"
	}
	if method = []string{"GET", "DELETE", "POST"}[rng.IntN(3)]; method == "POST" {
		body = strings.Repeat("é", rng.IntN(500))
	}
	return method, target, body
}
