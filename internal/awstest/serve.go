package awstest

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// maxBody is the most bytes of a request, more than AWS allows: 50 MB of code in base64 are 67 MB.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxBody = 70 << 20

// ServeHTTP implements http.Handler.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "read body: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	a := c.answer(r, body)
	if a == nil {
		panic(http.ErrAbortHandler) // a response that is lost
	}
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	if w.Header().Get("Content-Type") == "application/x-amz-json-1.0" { // DynamoDB's
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(a.Body)), 10))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may have gone
}

// answer serves r. It returns nil if the response is to be lost.
func (c *Cloud) answer(r *http.Request, body []byte) *wire.Response {
	region, scope := wire.CredentialScope(r)
	if scope == "s3" {
		return c.answerS3(region, r, body)
	}
	s := c.services[scope]
	if s == nil {
		return c.reject(nil, "not signed for a service that is served: "+r.Method+" "+r.URL.Path,
			wire.Fail(403, "MissingAuthenticationTokenException", "Missing Authentication Token"))
	}
	if err := verify(s.SigningName(), r, body); err != nil {
		return c.reject(s, err.Error(), err)
	}
	if err := checkRegion(s, region); err != nil {
		return c.reject(s, err.Error(), err)
	}
	call, name, problems := s.Read(r, body)
	if call == nil {
		return c.reject(s, fmt.Sprintf("unknown operation %q: %s %s", name, r.Method, r.URL.Path),
			wire.Fail(404, "UnknownOperationException", "unknown operation"))
	}
	return c.serve(&request{call, s.operations}, problems)
}

// verify recomputes the signature. The clock is not part of it.
func verify(service string, r *http.Request, body []byte) error {
	v := &sigv4.Verifier{
		Service: service, MaxSkew: time.Minute,
		Keys: func(id string) (string, bool) { return secret, id == keyID },
		Now:  func() time.Time { return signedAt(r) },
	}
	if _, err := v.Verify(r, body); err != nil {
		var e *sigv4.Error
		errors.As(err, &e)
		return wire.Fail(e.Status, e.Type, "%s", e.Message)
	}
	return nil
}

func checkRegion(s *service, region string) error {
	if region == Region || region == "us-east-1" && s.Global() {
		return nil
	}
	return wire.Fail(403, "InvalidSignatureException",
		"Credential should be scoped to a valid region.")
}

// signedAt returns the time at which r was signed, so that its signature never expires.
func signedAt(r *http.Request) time.Time {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return time.Now()
	}
	return at
}

// reject answers a request that is not a call.
func (c *Cloud) reject(s *service, violation string, err error) *wire.Response {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := err.(*wire.Error)
	if s == nil {
		c.violations = append(c.violations, violation)
		return wire.FailUnknown(e)
	}
	c.violations = append(c.violations, s.Name+": "+violation)
	return s.Fail(e)
}

// serve answers a call, with its fault if it has one.
func (c *Cloud) serve(r *request, problems []string) *wire.Response {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.record(r.Raw, Call{Service: r.Name, Operation: r.Operation, Input: r.Input})
	attempts, fault := c.calls[n].Attempts, None
	if c.fault != nil {
		fault = c.fault(n, r.Name, r.Operation)
	}
	if e := r.refusal(fault, attempts); e != nil {
		c.calls[n].Code = e.Code
		return r.Fail(e)
	}
	if fault == Lose && attempts > 1 {
		return nil
	}
	a, code := c.perform(r, problems)
	c.calls[n].Code = code
	if fault == Lose || fault == LoseOnce && attempts == 1 {
		c.calls[n].Code = "" // the client does not learn whether it took effect
		return nil
	}
	return a
}

// record returns the index in c.calls of the call that r is an attempt of.
func (c *Cloud) record(r *http.Request, call Call) int {
	id := r.Header.Get("Amz-Sdk-Invocation-Id")
	n, known := c.logical[id]
	if !known || id == "" {
		n = len(c.calls)
		c.calls = append(c.calls, call)
		c.logical[id] = n
	}
	c.calls[n].Attempts++
	return n
}

// perform runs the operation, unless the model forbids the input.
func (c *Cloud) perform(r *request, problems []string) (a *wire.Response, code string) {
	defer func() {
		if p := recover(); p != nil {
			c.violate(r, fmt.Sprintf("panic: %v", p))
			a, code = r.Fail(internalError()), internalError().Code
		}
	}()
	if len(problems) > 0 {
		c.violate(r, problems...)
		e := r.Malformed(problems)
		return r.Fail(e), e.Code
	}
	if r.servesItems() {
		return c.dynamo.Items(r.Request)
	}
	run := r.operations[r.Operation]
	if run == nil {
		panic("the model has this operation and the stand-in does not serve it")
	}
	out, err := run(r.Input)
	if err != nil {
		return c.failed(r, err)
	}
	normal, problems := r.Output(out)
	c.violate(r, problems...)
	return r.Encode(normal), ""
}

// failed encodes the error of an operation, which must be one that its service has.
func (c *Cloud) failed(r *request, err error) (*wire.Response, string) {
	var e *wire.Error
	if !errors.As(err, &e) {
		panic(err)
	}
	if !r.Declares(e) {
		c.violate(r, "answer: the model has no error "+e.Code)
	}
	return r.Fail(e), e.Code
}

func (c *Cloud) violate(r *request, problems ...string) {
	for _, p := range problems {
		c.violations = append(c.violations, r.Name+" "+r.Operation+": "+p)
	}
}
