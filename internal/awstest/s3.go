package awstest

import (
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/s3"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// AddBucket gives the account an empty bucket of S3, in any region. Buckets and their objects are
// not among the [Cloud.Resources].
func (c *Cloud) AddBucket(name, region string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s3.AddBucket(name, region)
}

// Object returns an object of S3, and whether it exists.
func (c *Cloud) Object(bucket, key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s3.Object(bucket, key)
}

// Pass lets time pass for the account.
func (c *Cloud) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Account.Pass(d)
}

// answerS3 serves a request for an object. It returns nil if the response is to be lost.
func (c *Cloud) answerS3(region string, r *http.Request, body []byte) *wire.Response {
	if err := verify("s3", r, body); err != nil {
		return c.reject(nil, "s3: "+err.Error(), err)
	}
	call := s3.Read(region, r, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.Operation == "" {
		c.violations = append(c.violations, "s3: not served: "+r.Method+" "+r.URL.Path)
		return encodeS3(c.s3.Serve(call))
	}
	n := c.record(r, Call{Service: "s3", Operation: call.Operation, Input: map[string]any{
		"Bucket": call.Bucket, "Key": call.Key,
	}})
	attempts, fault := c.calls[n].Attempts, None
	if c.fault != nil {
		fault = c.fault(n, "s3", call.Operation)
	}
	answer := c.refusalOfS3(call, fault, attempts)
	if answer == nil && fault == Lose && attempts > 1 {
		return nil
	}
	if answer == nil {
		answer = c.s3.Serve(call)
	}
	c.calls[n].Code = answer.Code
	if fault == Lose || fault == LoseOnce && attempts == 1 {
		c.calls[n].Code = ""
		return nil
	}
	return encodeS3(answer)
}

// refusalOfS3 returns the error with which a fault refuses an attempt, or nil.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)
func (c *Cloud) refusalOfS3(call s3.Request, f Fault, attempt int) *s3.Response {
	switch {
	case f == Refuse:
		return c.s3.Fail(http.StatusInternalServerError, "InternalError",
			"We encountered an internal error. Please try again.")
	case f == Throttle && attempt == 1:
		return c.s3.Fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case f == Deny:
		return c.s3.Fail(http.StatusForbidden, "AccessDenied", "User: "+caller+" is not authorized to "+
			"perform: s3:"+call.Operation+" on resource: \"arn:aws:s3:::"+call.Bucket+"/"+call.Key+
			"\" because no identity-based policy allows the s3:"+call.Operation+" action")
	}
	return nil
}

func encodeS3(a *s3.Response) *wire.Response {
	return &wire.Response{Status: a.Status, Header: a.Header, Body: a.Body}
}
