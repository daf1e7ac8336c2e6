package harness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Presign signs r in its query, valid for a time from at on. It is written from the
// specification, and not with the package that the gateway verifies with.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
func (t *T) Presign(r *http.Request, body []byte, at time.Time, valid string) {
	cred := t.Credentials()
	day := at.UTC().Format("20060102")
	scope := day + "/" + t.Target.Region + "/" + Service + "/aws4_request"
	q := url.Values{
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":    {cred.AccessKeyID + "/" + scope},
		"X-Amz-Date":          {at.UTC().Format("20060102T150405Z")},
		"X-Amz-Expires":       {valid},
		"X-Amz-SignedHeaders": {"host"},
	}
	if cred.SessionToken != "" {
		q.Set("X-Amz-Security-Token", cred.SessionToken)
	}
	// Encode sorts; SigV4 wants "%20" for a space, and none of these values has one.
	canonical := strings.Join([]string{
		r.Method, canonicalPath(r.URL.EscapedPath()), q.Encode(), "host:" + r.URL.Host, "", "host",
		HexSum(body),
	}, "\n")
	toSign := strings.Join([]string{
		"AWS4-HMAC-SHA256", q.Get("X-Amz-Date"), scope, HexSum([]byte(canonical)),
	}, "\n")
	key := []byte("AWS4" + cred.SecretAccessKey)
	for _, part := range []string{day, t.Target.Region, Service, "aws4_request"} {
		key = mac(key, part)
	}
	q.Set("X-Amz-Signature", hex.EncodeToString(mac(key, toSign)))
	r.URL.RawQuery = q.Encode()
}

// canonicalPath escapes a path again that is escaped already.
func canonicalPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = escape(part)
	}
	return strings.Join(parts, "/")
}

// escape percent-encodes all but letters, digits and "-._~".
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// HexSum returns the SHA-256 of data in hexadecimal.
func HexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
