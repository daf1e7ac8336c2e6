// Package s3 is S3 in memory: buckets with objects, which are read, written and deleted one by one,
// with the conditions of conditional requests. It has no versions and no lists.
package s3

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
)

// State is what S3 keeps.
type State struct {
	*account.Account
	buckets map[string]*bucket
}

type bucket struct {
	region  string
	objects map[string]object
}

type object struct {
	data []byte
	at   time.Time
}

// New returns the state of an account without buckets.
func New(a *account.Account) *State {
	return &State{Account: a, buckets: make(map[string]*bucket)}
}

// AddBucket adds an empty bucket.
func (s *State) AddBucket(name, region string) {
	s.buckets[name] = &bucket{region: region, objects: make(map[string]object)}
}

// Object returns an object, and whether it exists.
func (s *State) Object(bucket, key string) ([]byte, bool) {
	b := s.buckets[bucket]
	if b == nil {
		return nil, false
	}
	o, ok := b.objects[key]
	return o.data, ok
}

// A Request is a request for an object, whose bucket is in the path.
type Request struct {
	Operation   string // "GetObject", "HeadObject", "PutObject" or "DeleteObject"; empty: none of them
	Bucket, Key string
	region      string // of the signature
	http        *http.Request
	body        []byte
}

// Read reads a request that was signed for a region.
func Read(region string, r *http.Request, body []byte) Request {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	operations := map[string]string{
		http.MethodGet: "GetObject", http.MethodHead: "HeadObject", http.MethodPut: "PutObject",
		http.MethodDelete: "DeleteObject",
	}
	req := Request{Bucket: bucket, Key: key, region: region, http: r, body: body}
	if key != "" {
		req.Operation = operations[r.Method]
	}
	return req
}

// A Response is an answer before it is sent. Code is that of an error.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Code   string
}

// Serve serves a request.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html)
func (s *State) Serve(r Request) *Response {
	b := s.buckets[r.Bucket]
	if b == nil {
		return s.fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	if r.region != b.region {
		answer := s.fail(http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are "+
			"attempting to access must be addressed using the specified endpoint.")
		answer.Header.Set("X-Amz-Bucket-Region", b.region)
		return answer
	}
	have, ok := b.objects[r.Key]
	if answer := s.conditions(r, have, ok); answer != nil {
		return answer
	}
	switch r.Operation {
	case "PutObject":
		b.objects[r.Key] = object{r.body, s.Now()}
		return s.answer(http.StatusOK, b.objects[r.Key], nil)
	case "DeleteObject":
		delete(b.objects, r.Key)
		return s.answer(http.StatusNoContent, object{}, nil)
	case "GetObject", "HeadObject":
		if !ok {
			return s.fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		}
		return s.answer(http.StatusOK, have, have.data)
	}
	return s.fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "not served: "+r.http.Method)
}

// conditions returns the error of a condition that does not hold, or nil.
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html)
func (s *State) conditions(r Request, have object, ok bool) *Response {
	match, none := r.http.Header.Get("If-Match"), r.http.Header.Get("If-None-Match")
	switch {
	case match != "" && !ok:
		return s.fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case match != "" && match != etag(have), none == "*" && ok:
		return s.fail(http.StatusPreconditionFailed, "PreconditionFailed",
			"At least one of the pre-conditions you specified did not hold")
	}
	return nil
}

func (s *State) answer(status int, o object, body []byte) *Response {
	header := http.Header{"Date": {s.Now().UTC().Format(http.TimeFormat)}}
	if !o.at.IsZero() {
		header.Set("ETag", etag(o))
		header.Set("Last-Modified", o.at.UTC().Format(http.TimeFormat))
	}
	return &Response{Status: status, Header: header, Body: body}
}

// Fail returns the response for an error.
func (s *State) fail(status int, code, message string) *Response {
	answer := s.answer(status, object{}, nil)
	answer.Code = code
	answer.Header.Set("Content-Type", "application/xml")
	answer.Body, _ = xml.Marshal(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: message})
	return answer
}

// Fail returns the response for an error that has nothing to do with the objects.
func (s *State) Fail(status int, code, message string) *Response {
	return s.fail(status, code, message)
}

func etag(o object) string {
	sum := md5.Sum(o.data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
