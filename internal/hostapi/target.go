package hostapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// A Resource is the last part of a path of the API.
type Resource string

// The resources.
const (
	Groups   Resource = "@groups"
	Everyone Resource = "@everyone"
	Values   Resource = "@values"
	State    Resource = "@state"
)

// The number of members on a page.
const (
	DefaultLimit = 1000
	MaxLimit     = 10_000
)

// A Target is what a request is about.
type Target struct {
	Resource Resource
	Name     string     // of a group or a value
	Conn     tyg.ConnID // whose state it is, or who is or becomes a member

	// Limit is the maximum number of members on a page. Zero asks for the number of members only.
	Limit int

	// After is the last member of the page before.
	After tyg.ConnID
}

// SplitPath splits the path of a request, as [url.URL.EscapedPath] returns it: "/{stage}/@groups"
// or, for a custom domain, "/@groups", which gives an empty stage. It reports false for any other
// path.
func SplitPath(escapedPath string) (stage string, r Resource, ok bool) {
	path, ok := strings.CutPrefix(escapedPath, "/")
	if !ok {
		return "", "", false
	}
	first, last, two := strings.Cut(path, "/")
	if !two {
		first, last = "", path
	} else if first == "" {
		return "", "", false
	}
	stage, err := url.PathUnescape(first)
	if err != nil {
		return "", "", false
	}
	last, err = url.PathUnescape(last)
	switch r = Resource(last); {
	case err != nil:
	case r == Groups, r == Everyone, r == Values, r == State:
		return stage, r, true
	}
	return "", "", false
}

// ParseQuery returns the target of a request for r. Its errors are [*apigw.Denied], or say with the
// root errors what is wrong with a name.
func ParseQuery(r Resource, rawQuery string) (Target, error) {
	t := Target{Resource: r, Limit: DefaultLimit}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return t, BadRequest("the query is not valid: " + err.Error())
	}
	for name, values := range query {
		if len(values) != 1 || !r.takes(name) {
			return t, BadRequest(fmt.Sprintf("the parameter %q is unknown here or given twice", name))
		}
		if err := t.set(name, values[0]); err != nil {
			return t, err
		}
	}
	switch r {
	case Groups, Values:
		return t, tyg.CheckGroupName(t.Name)
	case State:
		if t.Conn == "" {
			return t, BadRequest("the parameter conn is missing")
		}
	}
	return t, nil
}

// The parameters of queries.
const (
	paramName  = "name"
	paramConn  = "conn"
	paramLimit = "limit"
	paramAfter = "after"
)

// takes reports whether requests for r have a parameter.
func (r Resource) takes(param string) bool {
	switch param {
	case paramName:
		return r == Groups || r == Values
	case paramConn:
		return r == Groups || r == State
	case paramLimit, paramAfter:
		return r == Groups || r == Everyone
	}
	return false
}

func (t *Target) set(param, value string) error {
	switch param {
	case paramName:
		t.Name = value
	case paramConn:
		t.Conn = tyg.ConnID(value)
	case paramAfter:
		t.After = tyg.ConnID(value)
	case paramLimit:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > MaxLimit {
			return BadRequest(fmt.Sprintf("limit must be a number from 0 to %d", MaxLimit))
		}
		t.Limit = n
	}
	return nil
}

// Query returns the query of a request for t, which [ParseQuery] reverses.
func (t Target) Query() string {
	q := make(url.Values)
	if t.Resource.takes(paramName) {
		q.Set(paramName, t.Name)
	}
	if t.Conn != "" {
		q.Set(paramConn, string(t.Conn))
	}
	if t.Resource.takes(paramLimit) && t.Limit != DefaultLimit {
		q.Set(paramLimit, strconv.Itoa(t.Limit))
	}
	if t.After != "" {
		q.Set(paramAfter, string(t.After))
	}
	return strings.ReplaceAll(q.Encode(), "+", "%20") // as signatures need it
}

// BadRequest returns the error of a request that cannot be understood.
func BadRequest(message string) error {
	return &apigw.Denied{
		Status: http.StatusBadRequest, Type: "InvalidRequestException", Message: message,
	}
}

// Methods returns the methods of requests for r, for the header Allow, which an answer with 405
// must have (https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6). conn says whether the query
// names a connection.
func (r Resource) Methods(conn bool) string {
	switch {
	case r == Values, r == State:
		return "GET, PUT, DELETE"
	case r == Groups && conn:
		return "PUT, DELETE"
	}
	return "GET, POST"
}

// KeyReused returns the error of a request that has the [KeyHeader] of another one.
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, Error Scenarios)
func KeyReused() error {
	return &apigw.Denied{
		Status: http.StatusUnprocessableEntity, Type: "InvalidRequestException",
		Message: "another request had this Idempotency-Key; give each request one of its own",
	}
}
