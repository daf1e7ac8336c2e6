package sigv4_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// The keys of AWS's documentation.
const (
	exampleKey    = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

const path = "/api/@connections/R1kmxc2VNjMCFIA="

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cred = sigv4.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret}
)

func keys(id string) (string, bool) { return exampleSecret, id == exampleKey }

func verifier() *sigv4.Verifier {
	return &sigv4.Verifier{Keys: keys, Now: func() time.Time { return noon }}
}

// signed returns a POST of body, signed at noon for execute-api.
func signed(body string) *http.Request {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	sigv4.Sign(r, []byte(body), cred, "us-east-1", "execute-api", noon)
	return r
}

func TestVerifyAcceptsSigned(t *testing.T) {
	got, err := verifier().Verify(signed("hello"), []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (sigv4.Identity{AccessKeyID: exampleKey, Region: "us-east-1"}); got != want {
		t.Errorf("identity %+v, want %+v", got, want)
	}
}

// Vectors of AWS's signature test suite, and the example of its documentation.
// (https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4)
func TestVerifyKnownAnswers(t *testing.T) {
	tests := []struct {
		name, method, target, host, service, headers, sum string
		contentType                                       string
	}{
		{
			name: "get-vanilla", method: "GET", target: "/", service: "service",
			headers: "host;x-amz-date",
			sum:     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		{
			name: "post-vanilla", method: "POST", target: "/", service: "service",
			headers: "host;x-amz-date",
			sum:     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		{
			name: "get-vanilla-query-order-key-case", method: "GET", service: "service",
			target: "/?Param2=value2&Param1=value1", headers: "host;x-amz-date",
			sum: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		{
			name: "IAM ListUsers", method: "GET", service: "iam", host: "iam.amazonaws.com",
			target:      "/?Action=ListUsers&Version=2010-05-08",
			headers:     "content-type;host;x-amz-date",
			contentType: "application/x-www-form-urlencoded; charset=utf-8",
			sum:         "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Host = "example.amazonaws.com"
			if tt.host != "" {
				r.Host = tt.host
			}
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			r.Header.Set("X-Amz-Date", "20150830T123600Z")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"+
				tt.service+"/aws4_request, SignedHeaders="+tt.headers+", Signature="+tt.sum)
			v := verifier()
			v.Service = tt.service
			v.Now = func() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }
			if _, err := v.Verify(r, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	const mismatch = "The request signature we calculated does not match"
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	tests := []struct {
		name    string
		change  func(*http.Request)
		kind    string
		message string
	}{
		{
			"no signature", func(r *http.Request) { r.Header.Del("Authorization") },
			"MissingAuthenticationTokenException", "Missing Authentication Token",
		},
		{
			"another scheme", set("Authorization", "Bearer abc"), "IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter. " +
				"Authorization header requires 'Signature' parameter. " +
				"Authorization header requires 'SignedHeaders' parameter.",
		},
		{
			"no credential", replace("Credential=", "Nothing="), "IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter.",
		},
		{
			"parameter twice", replace(" Cred", " Signature=x, Cred"), "IncompleteSignatureException",
			"Authorization header has a parameter twice.",
		},
		{
			"two headers", func(r *http.Request) {
				r.Header.Add("Authorization", r.Header.Get("Authorization"))
			}, "IncompleteSignatureException", "",
		},
		{
			"other path", func(r *http.Request) { r.RequestURI += "x" },
			"InvalidSignatureException", mismatch,
		},
		{
			"other method", func(r *http.Request) { r.Method = "DELETE" },
			"InvalidSignatureException", mismatch,
		},
		{
			"other host", func(r *http.Request) { r.Host = "evil" },
			"InvalidSignatureException", mismatch,
		},
		{
			"parameter added", func(r *http.Request) { r.URL.RawQuery = "a=1" },
			"InvalidSignatureException", mismatch,
		},
		{
			"parameter that net/url drops", func(r *http.Request) { r.URL.RawQuery = "a=1;b" },
			"InvalidSignatureException", mismatch,
		},
		{
			"time moved", set("X-Amz-Date", "20261122T120001Z"), "InvalidSignatureException", mismatch,
		},
		{
			"another hash", set("X-Amz-Content-Sha256", strings.Repeat("a", 64)),
			"InvalidSignatureException", mismatch,
		},
		{
			"body released later", set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
			"InvalidSignatureException", mismatch,
		},
		{
			"unknown key", replace(exampleKey, "AKIDOTHER"), "UnrecognizedClientException",
			"The security token included in the request is invalid.",
		},
		{
			"other service", replace("/execute-api/", "/s3/"), "InvalidSignatureException",
			"Credential should be scoped to correct service: 'execute-api'.",
		},
		{
			"other terminator", replace("aws4_request", "aws5_request"), "InvalidSignatureException",
			"Credential should be scoped with a valid terminator: 'aws4_request'.",
		},
		{
			"no region", replace("us-east-1", ""), "InvalidSignatureException",
			"Credential should be scoped to a valid region.",
		},
		{
			"other day", replace("20261122", "20261121"), "InvalidSignatureException",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from " +
				"HTTP: '20261121' != '20261122', from '20261122T120000Z'.",
		},
		{
			"short credential", replace("us-east-1/", ""), "IncompleteSignatureException",
			"Credential must have exactly 5 slash-delimited elements",
		},
		{
			"host unsigned", replace("host;", ""), "InvalidSignatureException",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		},
		{
			"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") },
			"IncompleteSignatureException",
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
		},
		{
			"no such date", set("X-Amz-Date", "yesterday"), "IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := signed("hello")
			tt.change(r)
			_, err := verifier().Verify(r, []byte("hello"))
			wantError(t, err, tt.kind, tt.message)
		})
	}
}

func wantError(t *testing.T, err error, kind, message string) {
	t.Helper()
	e, ok := errors.AsType[*sigv4.Error](err)
	if !ok {
		t.Fatalf("error %v, want one of type %s", err, kind)
	}
	if e.Status != http.StatusForbidden || e.Type != kind || !strings.HasPrefix(e.Message, message) {
		t.Errorf("got %d %s: %s\nwant 403 %s: %s", e.Status, e.Type, e.Message, kind, message)
	}
}

func TestVerifyRefusesOtherBody(t *testing.T) {
	_, err := verifier().Verify(signed("hello"), []byte("hullo"))
	wantError(t, err, "InvalidSignatureException", "The request signature we calculated")
}

func TestVerifyRefusesOtherSecret(t *testing.T) {
	v := verifier()
	v.Keys = func(string) (string, bool) { return "another", true }
	_, err := v.Verify(signed(""), nil)
	wantError(t, err, "InvalidSignatureException", "The request signature we calculated")
}

func TestVerifyRefusesOtherRegion(t *testing.T) {
	v := verifier()
	v.Region = "eu-west-1"
	_, err := v.Verify(signed(""), nil)
	wantError(t, err, "InvalidSignatureException", "Credential should be scoped to a valid region.")
}

func TestZeroVerifierRefusesEveryRequest(t *testing.T) {
	v := sigv4.Verifier{Now: func() time.Time { return noon }}
	_, err := v.Verify(signed(""), nil)
	wantError(t, err, "UnrecognizedClientException", "The security token")
}

func TestVerifyRefusesEmptySecret(t *testing.T) {
	r := httptest.NewRequest("GET", path, nil)
	sigv4.Sign(r, nil, sigv4.Credentials{AccessKeyID: exampleKey}, "us-east-1", "execute-api", noon)
	v := verifier()
	v.Keys = func(string) (string, bool) { return "", true }
	_, err := v.Verify(r, nil)
	wantError(t, err, "UnrecognizedClientException", "The security token")
}

func TestVerifyTime(t *testing.T) {
	tests := []struct {
		name    string
		after   time.Duration // from signing to verifying
		skew    time.Duration
		message string // empty: accepted
	}{
		{"at once", 0, 0, ""},
		{"at the limit", 5 * time.Minute, 0, ""},
		{"early, at the limit", -5 * time.Minute, 0, ""},
		{
			"too late", 5*time.Minute + time.Second, 0,
			"Signature expired: 20261122T120000Z is now earlier than 20261122T120001Z " +
				"(20261122T120501Z - 5 min.)",
		},
		{
			"too early", -5*time.Minute - time.Second, 0,
			"Signature not yet current: 20261122T120000Z is still later than 20261122T115959Z " +
				"(20261122T115459Z + 5 min.)",
		},
		{"later than a smaller skew", 2 * time.Second, time.Second, "Signature expired: "},
		{"within a greater skew", time.Hour, time.Hour, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verifier()
			v.MaxSkew = tt.skew
			v.Now = func() time.Time { return noon.Add(tt.after) }
			_, err := v.Verify(signed(""), nil)
			if tt.message != "" {
				wantError(t, err, "InvalidSignatureException", tt.message)
				return
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyUnsignedPayload(t *testing.T) {
	r := httptest.NewRequest("POST", path, nil)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	sigv4.Sign(r, nil, cred, "us-east-1", "execute-api", noon)
	if _, err := verifier().Verify(r, []byte("whatever it is")); err != nil {
		t.Error(err)
	}
}

// TestVerifyHead verifies heads without their bodies.
func TestVerifyHead(t *testing.T) {
	forged := cred
	forged.SecretAccessKey = "guessed"
	other := cred
	other.AccessKeyID = "AKIDOTHER"
	stated := func(cred sigv4.Credentials) *http.Request {
		r := httptest.NewRequest("POST", path, strings.NewReader("hello"))
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		sigv4.Sign(r, nil, cred, "us-east-1", "execute-api", noon)
		return r
	}
	sign := func(cred sigv4.Credentials, service string, at time.Time) *http.Request {
		r := httptest.NewRequest("POST", path, strings.NewReader("hello"))
		sigv4.Sign(r, []byte("hello"), cred, "us-east-1", service, at)
		return r
	}
	tests := []struct {
		name  string
		r     *http.Request
		kind  string // of the error
		whole string // of the error of VerifyBody
	}{
		{"unsigned", httptest.NewRequest("POST", path, nil), "MissingAuthenticationTokenException", ""},
		{"unknown key", sign(other, "execute-api", noon), "UnrecognizedClientException", ""},
		{"other service", sign(cred, "lambda", noon), "InvalidSignatureException", ""},
		{
			"expired", sign(cred, "execute-api", noon.Add(-time.Hour)), "InvalidSignatureException", "",
		},
		{"wrong secret, hash stated", stated(forged), "InvalidSignatureException", ""},
		{"hash stated", stated(cred), "", ""},
		{"valid", signed("hello"), "", ""},
		{"wrong secret", sign(forged, "execute-api", noon), "", "InvalidSignatureException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := verifier().VerifyHead(tt.r)
			if kindOf(err) != tt.kind {
				t.Fatalf("VerifyHead: %v, want %q", err, tt.kind)
			}
			if err != nil {
				return
			}
			if _, err := c.VerifyBody([]byte("hello")); kindOf(err) != tt.whole {
				t.Errorf("VerifyBody: %v, want %q", err, tt.whole)
			}
		})
	}
}

// kindOf returns the type of an *sigv4.Error, or "" if err is nil.
func kindOf(err error) string {
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return e.Type
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestVerifyDateHeader(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "host.foo.com"
	r.Header.Set("Date", "Mon, 09 Sep 2011 23:36:00 GMT")
	// From the first edition of AWS's test suite, which signs Date.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+
		"Credential=AKIDEXAMPLE/20110909/us-east-1/host/aws4_request, SignedHeaders=date;host, "+
		"Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470")
	v := verifier()
	v.Service = "host"
	v.Now = func() time.Time { return time.Date(2011, 9, 9, 23, 36, 0, 0, time.UTC) }
	if _, err := v.Verify(r, nil); err != nil {
		t.Error(err)
	}
}

// TestVerifyRefusesTruncatedSignatures cuts a good signature at every length: the answer is always
// 403.
func TestVerifyRefusesTruncatedSignatures(t *testing.T) {
	whole := signed("").Header.Get("Authorization")
	for n := range len(whole) {
		r := signed("")
		r.Header.Set("Authorization", whole[:n])
		_, err := verifier().Verify(r, nil)
		if e, ok := errors.AsType[*sigv4.Error](err); !ok || e.Status != http.StatusForbidden {
			t.Errorf("%q: %v, want a 403", whole[:n], err)
		}
	}
}

func TestWellFormed(t *testing.T) {
	r := signed("")
	if err := sigv4.WellFormed(r); err != nil {
		t.Errorf("good signature: %v", err)
	}
	r.URL.Path, r.Method = "/elsewhere", "PUT"
	if err := sigv4.WellFormed(r); err != nil {
		t.Errorf("wrong signature of the right shape: %v", err)
	}
	r.Header.Set("Authorization", strings.TrimRight(r.Header.Get("Authorization"), "0123456789abcdef"))
	wantError(t, sigv4.WellFormed(r), "IncompleteSignatureException",
		"Authorization header requires 'Signature' parameter.")
	r.Header.Del("Authorization")
	wantError(t, sigv4.WellFormed(r), "MissingAuthenticationTokenException", "")
}

func TestSignSessionToken(t *testing.T) {
	r := httptest.NewRequest("GET", path, nil)
	temporary := cred
	temporary.SessionToken = "token"
	sigv4.Sign(r, nil, temporary, "us-east-1", "execute-api", noon)
	if got := r.Header.Get("X-Amz-Security-Token"); got != "token" {
		t.Errorf("X-Amz-Security-Token is %q, want the token", got)
	}
	if _, err := verifier().Verify(r, nil); err != nil {
		t.Error(err)
	}
	r.Header.Set("X-Amz-Security-Token", "other")
	_, err := verifier().Verify(r, nil)
	wantError(t, err, "InvalidSignatureException", "")
}

func FuzzVerify(f *testing.F) {
	good := signed("").Header.Get("Authorization")
	f.Add(good, "20261122T120000Z", "", "host")
	f.Add("AWS4-HMAC-SHA256", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=-1", "")
	f.Add("", "Mon, 09 Sep 2011 23:36:00 GMT", "X-Amz-Signature=%zz;", "a\nb")
	f.Fuzz(func(t *testing.T, authorization, date, query, host string) {
		r := signed("")
		r.Header.Set("Authorization", authorization)
		if authorization == "" {
			r.Header.Del("Authorization")
		}
		r.Header.Set("X-Amz-Date", date)
		r.URL.RawQuery, r.Host = query, host
		_, err := verifier().Verify(r, nil)
		if err == nil {
			if shape := sigv4.WellFormed(r); shape != nil {
				t.Errorf("verified, but %v", shape)
			}
			return
		}
		if e, ok := errors.AsType[*sigv4.Error](err); !ok || e.Status != http.StatusForbidden {
			t.Errorf("error %v is not a 403", err)
		}
	})
}
