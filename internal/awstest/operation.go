package awstest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// An operation is one operation of a service: it reads and changes c, and answers with the
// members of its output by their names in AWS's model. The input is valid by that model when an
// operation sees it; what the model cannot say the operation checks. c.mu is held while it runs.
//
// A value of an output is a string, bool, number, []byte (a blob), time.Time, a slice or a map
// with string keys; members that are nil are left out. An error is an [*apiError].
type operation func(c *Cloud, in params) (out map[string]any, err error)

// params are the members of an input, by their names in the model: string, json.Number, bool,
// []byte (a blob), []any, map[string]any. Wherever a protocol puts them: members of the query
// and of the path are here with the types that the model gives them.
type params map[string]any

// has tells whether the member was sent at all.
func (p params) has(name string) bool {
	_, ok := p[name]
	return ok
}

// str returns a string, or "".
func (p params) str(name string) string {
	s, _ := p[name].(string)
	return s
}

// num returns an integer, or 0.
func (p params) num(name string) int64 {
	number, _ := p[name].(json.Number)
	n, _ := number.Int64()
	return n
}

// flag returns a boolean, or false.
func (p params) flag(name string) bool {
	b, _ := p[name].(bool)
	return b
}

// blob returns the bytes of a blob, or nil.
func (p params) blob(name string) []byte {
	b, _ := p[name].([]byte)
	return b
}

// list returns a list, or nil.
func (p params) list(name string) []any {
	l, _ := p[name].([]any)
	return l
}

// strs returns the strings of a list, or nil.
func (p params) strs(name string) []string {
	var out []string
	for _, v := range p.list(name) {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}

// objs returns the structures of a list, or nil.
func (p params) objs(name string) []params {
	var out []params
	for _, v := range p.list(name) {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// obj returns a structure or map, or nil, which has no members.
func (p params) obj(name string) params {
	m, _ := p[name].(map[string]any)
	return m
}

// strMap returns a map of strings. It is never nil.
func (p params) strMap(name string) map[string]string {
	out := make(map[string]string)
	for k, v := range p.obj(name) {
		out[k], _ = v.(string)
	}
	return out
}

// An apiError is an error as a service answers it, in whatever form its protocol has.
type apiError struct {
	Code    string // "NoSuchEntity", "ResourceNotFoundException"
	Status  int    // HTTP status
	Message string
}

// Error returns the code and the message.
func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// fail returns an [*apiError].
func fail(status int, code, format string, args ...any) error {
	return &apiError{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

// invalid is the error of JSON services for what their models do not say.
func invalid(format string, args ...any) error {
	return fail(http.StatusBadRequest, "ValidationException", format, args...)
}
