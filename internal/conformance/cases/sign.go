package cases

import (
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A signer signs a call, validly or not.
type signer func(t *harness.T, r *http.Request, body []byte)

// with returns a signer that uses changed parameters.
func with(change func(cred *sigv4.Credentials, region, service *string, at *time.Time)) signer {
	return func(t *harness.T, r *http.Request, body []byte) {
		cred, region, name, at := t.Credentials(), t.Target.Region, harness.Service, time.Now()
		change(&cred, &region, &name, &at)
		sigv4.Sign(r, body, cred, region, name, at)
	}
}

// signatureCases check valid signatures, and calls without one.
func signatureCases() []harness.Case {
	good := []struct {
		name, title string
		sign        signer
	}{
		{"header", "in the header", (*harness.T).SignHeader},
		{"payload", "with the hash of the body", func(t *harness.T, r *http.Request, body []byte) {
			r.Header.Set("X-Amz-Content-Sha256", harness.HexSum(body))
			t.SignHeader(r, body)
		}},
		{"unsigned-payload", "with UNSIGNED-PAYLOAD", func(t *harness.T, r *http.Request, body []byte) {
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
			t.SignHeader(r, body)
		}},
		{"extra-headers", "over more headers", func(t *harness.T, r *http.Request, body []byte) {
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set("X-Amz-Meta-Probe", "a   b")
			t.SignHeader(r, body)
		}},
		{"presigned", "in the query", func(t *harness.T, r *http.Request, body []byte) {
			t.Presign(r, body, time.Now(), "60")
		}},
		{
			"presigned-old", "in the query, and old but valid",
			func(t *harness.T, r *http.Request, body []byte) {
				t.Presign(r, body, time.Now().Add(-time.Hour), "7200")
			},
		},
		{
			"skewed", "by a clock that is four minutes late",
			with(func(_ *sigv4.Credentials, _, _ *string, at *time.Time) {
				*at = at.Add(-4 * time.Minute)
			}),
		},
	}
	var cases []harness.Case
	for _, g := range good {
		cases = append(cases, judged("signature/"+g.name, sectionConnections, "signed "+g.title+": 200",
			func(t *harness.T) {
				p := t.Dial()
				a := t.Call(harness.Call{
					Method: "POST", Path: harness.ConnectionPath(p.ID()), Body: "hello", Sign: g.sign,
				})
				t.Equal("status", a.Status, http.StatusOK)
				t.Equal("message", p.Text(), "hello")
			}))
	}
	return append(cases, judged("signature/none", sectionConnections,
		"unsigned: 403 Missing Authentication Token", func(t *harness.T) {
			a := t.Call(harness.Call{
				Method: "POST", Path: harness.ConnectionPath(t.Dial().ID()), Body: "hello",
				Sign: func(*harness.T, *http.Request, []byte) {},
			})
			t.Equal("status", a.Status, http.StatusForbidden)
			t.Equal("body", a.Body, `{"message":"Missing Authentication Token"}`)
		}))
}

// mismatch is how the body begins that refuses a wrong signature.
const mismatch = `{"message":"The request signature we calculated does not match `

// forgedCases check invalid signatures.
func forgedCases() []harness.Case {
	var cases []harness.Case
	for _, f := range forgeries() {
		c := judged("forged/"+f.name, sectionConnections, f.title+": 403", func(t *harness.T) {
			p := t.Dial()
			a := t.Call(harness.Call{
				Method: "POST", Path: harness.ConnectionPath(p.ID()), Body: "hello", Sign: f.sign,
			})
			t.Equal("status", a.Status, http.StatusForbidden)
			if !strings.HasPrefix(a.Body, f.body) {
				t.Failf("body: got %s, want it to begin with %s", harness.Show(a.Body), harness.Show(f.body))
			}
			p.ExpectQuiet()
		})
		cases = append(cases, c.Needing(harness.NeedsCredentials))
	}
	return cases
}

// A forgery is an invalid signature.
type forgery struct {
	name, title string
	body        string // how the body begins, where that is known
	sign        signer
}

func forgeries() []forgery {
	// after signs, and then changes the request.
	after := func(change func(r *http.Request)) signer {
		return func(t *harness.T, r *http.Request, body []byte) {
			t.SignHeader(r, body)
			change(r)
		}
	}
	rewrite := func(old, replacement string) signer {
		return after(func(r *http.Request) {
			r.Header.Set("Authorization",
				strings.Replace(r.Header.Get("Authorization"), old, replacement, 1))
		})
	}
	return []forgery{
		{
			"secret", "another secret", mismatch,
			with(func(c *sigv4.Credentials, _, _ *string, _ *time.Time) { c.SecretAccessKey += "x" }),
		},
		{
			"key", "a key that does not exist", `{"message":`,
			with(func(c *sigv4.Credentials, _, _ *string, _ *time.Time) { c.AccessKeyID = "AKIDUNKNOWN" }),
		},
		{
			"service", "for another service", `{"message":`,
			with(func(_ *sigv4.Credentials, _, s *string, _ *time.Time) { *s = "lambda" }),
		},
		{
			"late", "ten minutes old", `{"message":`,
			with(func(_ *sigv4.Credentials, _, _ *string, at *time.Time) {
				*at = at.Add(-10 * time.Minute)
			}),
		},
		{
			"early", "from ten minutes ahead", `{"message":`,
			with(func(_ *sigv4.Credentials, _, _ *string, at *time.Time) {
				*at = at.Add(10 * time.Minute)
			}),
		},
		{
			"body", "for another body", mismatch,
			func(t *harness.T, r *http.Request, _ []byte) { t.SignHeader(r, []byte("other")) },
		},
		{"path", "for another path", mismatch, after(func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "@connections/", "@connections/A", 1)
			r.URL.RawPath = ""
		})},
		{"header", "for another header", mismatch, func(t *harness.T, r *http.Request, body []byte) {
			r.Header.Set("X-Amz-Meta-Probe", "a")
			t.SignHeader(r, body)
			r.Header.Set("X-Amz-Meta-Probe", "b")
		}},
		{"query", "for another query", mismatch, after(func(r *http.Request) { r.URL.RawQuery = "a=b" })},
		{"cut", "cut short", `{"message":`, after(func(r *http.Request) {
			v := r.Header.Get("Authorization")
			r.Header.Set("Authorization", v[:len(v)-10])
		})},
		{"no-signature", "without Signature", `{"message":`, rewrite("Signature=", "Sig=")},
		{"no-headers", "without SignedHeaders", `{"message":`, rewrite("SignedHeaders=", "Signed=")},
		{
			"no-host", "that leaves out the host", `{"message":`,
			rewrite("SignedHeaders=host;", "SignedHeaders="),
		},
		{
			"no-date", "without a date", `{"message":`,
			after(func(r *http.Request) { r.Header.Del("X-Amz-Date") }),
		},
		{"bearer", "by another scheme", `{"message":`, after(func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer abc")
		})},
		{
			"expired", "in a query that has expired", `{"message":`,
			func(t *harness.T, r *http.Request, body []byte) {
				t.Presign(r, body, time.Now().Add(-time.Hour), "60")
			},
		},
		{
			"presigned", "in a query that was changed", mismatch,
			func(t *harness.T, r *http.Request, body []byte) {
				t.Presign(r, body, time.Now(), "60")
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=60", "Expires=6000", 1)
			},
		},
	}
}
