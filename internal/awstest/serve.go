package awstest

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// maxBody is more than any request may have: a function of 50 MB in base64.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxBody = 70 << 20

// A request is one attempt of one call, as far as it was understood.
type request struct {
	*service
	name  string // of the operation
	op    *models.Operation
	input params
	body  []byte
	raw   *http.Request
}

// An answer is a response before it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ServeHTTP implements http.Handler.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "read body: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	a := c.answer(r, body)
	if a == nil {
		panic(http.ErrAbortHandler) // an answer that got lost
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	if w.Header().Get("Content-Type") == "application/x-amz-json-1.0" { // DynamoDB's
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(a.body)), 10))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that went away is no matter
}

// answer does what r asks for. It returns nil if the client shall get no answer.
func (c *Cloud) answer(r *http.Request, body []byte) *answer {
	region, scope := scopeOf(r)
	s := c.services[scope]
	if s == nil {
		return c.reject(nil, "not signed for a service that is served: "+r.Method+" "+r.URL.Path,
			fail(403, "MissingAuthenticationTokenException", "Missing Authentication Token"))
	}
	if err := verify(s, region, r, body); err != nil {
		return c.reject(s, err.Error(), err)
	}
	name := s.wire.operation(s, r, body)
	op := s.model.Operations[name]
	if op == nil {
		return c.reject(s, fmt.Sprintf("unknown operation %q: %s %s", name, r.Method, r.URL.Path),
			fail(404, "UnknownOperationException", "unknown operation"))
	}
	input, problems := s.wire.decode(s, op, r, body)
	problems = append(problems, s.check(op.Input, input)...)
	req := &request{service: s, name: name, op: op, input: input, body: body, raw: r}
	return c.serve(req, problems)
}

// verify recomputes the signature. The clock is not part of it.
func verify(s *service, region string, r *http.Request, body []byte) error {
	v := &sigv4.Verifier{
		Service: s.model.Signing, MaxSkew: time.Minute,
		Keys: func(id string) (string, bool) { return secret, id == keyID },
		Now:  func() time.Time { return signedAt(r) },
	}
	if _, err := v.Verify(r, body); err != nil {
		var e *sigv4.Error
		errors.As(err, &e)
		return fail(e.Status, e.Type, "%s", e.Message)
	}
	// iam and sts also have an endpoint for the whole world, whose region is us-east-1.
	// (https://docs.aws.amazon.com/general/latest/gr/iam-service.html)
	if region == Region || region == "us-east-1" && s.model.Protocol == "query" {
		return nil
	}
	return fail(403, "InvalidSignatureException",
		"Credential should be scoped to a valid region.")
}

// signedAt returns the time that the signature of r gives, so that it is valid for ever.
func signedAt(r *http.Request) time.Time {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return time.Now()
	}
	return at
}

// reject answers what is not even a call.
func (c *Cloud) reject(s *service, violation string, err error) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := err.(*apiError)
	if s == nil {
		c.violations = append(c.violations, violation)
		return rest{}.fail(nil, e)
	}
	c.violations = append(c.violations, s.name+": "+violation)
	return s.wire.fail(s, e)
}

// serve answers a call, with its fault if it has one.
func (c *Cloud) serve(r *request, problems []string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.record(r)
	attempts, fault := c.calls[n].Attempts, None
	if c.fault != nil {
		fault = c.fault(n, r.service.name, r.name)
	}
	if e := r.refusal(fault, attempts); e != nil {
		c.calls[n].Code = e.Code
		return r.wire.fail(r.service, e)
	}
	if fault == Lose && attempts > 1 {
		return nil
	}
	a, code := c.perform(r, problems)
	c.calls[n].Code = code
	if fault == Lose || fault == LoseOnce && attempts == 1 {
		c.calls[n].Code = "" // it took effect, or not: nobody knows
		return nil
	}
	return a
}

// record returns the index in c.calls of the call that r is an attempt of.
func (c *Cloud) record(r *request) int {
	id := r.raw.Header.Get("Amz-Sdk-Invocation-Id")
	n, known := c.logical[id]
	if !known || id == "" {
		n = len(c.calls)
		c.calls = append(c.calls, Call{
			Service: r.service.name, Operation: r.name, Input: r.input,
		})
		c.logical[id] = n
	}
	c.calls[n].Attempts++
	return n
}

// perform runs the operation, unless the model forbids the input.
func (c *Cloud) perform(r *request, problems []string) (a *answer, code string) {
	defer func() {
		if p := recover(); p != nil {
			c.violate(r, fmt.Sprintf("panic: %v", p))
			a, code = r.wire.fail(r.service, internalError()), internalError().Code
		}
	}()
	if len(problems) > 0 {
		c.violate(r, problems...)
		e := r.malformed(problems)
		return r.wire.fail(r.service, e), e.Code
	}
	if r.passesOn() {
		return passOn(c.dynamo.items(), r)
	}
	run := r.operations[r.name]
	if run == nil {
		panic("the model has this operation, the stand-in has not")
	}
	out, err := run(c, r.input)
	if err != nil {
		return c.failed(r, err)
	}
	normal, problems := r.output(out)
	c.violate(r, problems...)
	return r.wire.encode(r.service, r.name, normal), ""
}

// failed encodes the error of an operation, which must be one that its service has.
func (c *Cloud) failed(r *request, err error) (*answer, string) {
	var e *apiError
	if !errors.As(err, &e) {
		panic(err)
	}
	if !r.declares(e) {
		c.violate(r, "answer: the model has no error "+e.Code)
	}
	return r.wire.fail(r.service, e), e.Code
}

// declares tells whether the service has such an error. The operation itself need not: the models
// do not list all. A ValidationException is common to all services.
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html)
func (s *service) declares(e *apiError) bool {
	for name, shape := range s.model.Shapes {
		if name == e.Code && shape.Code == "" || shape.Code == e.Code {
			return shape.Status == 0 || shape.Status == e.Status
		}
	}
	return e.Code == "ValidationException" && e.Status == http.StatusBadRequest
}

// malformed is the error for an input that the model forbids.
func (r *request) malformed(problems []string) *apiError {
	noun := "errors"
	if len(problems) == 1 {
		noun = "error"
	}
	return &apiError{
		Code: r.invalid, Status: http.StatusBadRequest,
		Message: fmt.Sprintf("%d validation %s detected: %s",
			len(problems), noun, strings.Join(problems, "; ")),
	}
}

func (c *Cloud) violate(r *request, problems ...string) {
	for _, p := range problems {
		c.violations = append(c.violations, r.service.name+" "+r.name+": "+p)
	}
}
