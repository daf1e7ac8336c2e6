package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// An Operation is one operation of a service. It reads and changes the service's state, and returns
// the members of its output by their names in the model, in any form that [Request.Output] takes.
// The input is valid by the model when an operation sees it; the operation checks what the model
// cannot express. An error is an [*Error].
type Operation func(in Params) (out map[string]any, err error)

// Params are the members of an input, by their names in the model: string, json.Number, bool,
// []byte (a blob), []any, map[string]any. Wherever a protocol puts them: members of the query
// and of the path are here with the types that the model gives them.
type Params map[string]any

// Has tells whether the member was sent at all.
func (p Params) Has(name string) bool {
	_, ok := p[name]
	return ok
}

// Str returns a string, or "".
func (p Params) Str(name string) string {
	s, _ := p[name].(string)
	return s
}

// Num returns an integer, or 0.
func (p Params) Num(name string) int64 {
	number, _ := p[name].(json.Number)
	n, _ := number.Int64()
	return n
}

// Float returns a number, or 0.
func (p Params) Float(name string) float64 {
	number, _ := p[name].(json.Number)
	f, _ := number.Float64()
	return f
}

// Flag returns a boolean, or false.
func (p Params) Flag(name string) bool {
	b, _ := p[name].(bool)
	return b
}

// Blob returns the bytes of a blob, or nil.
func (p Params) Blob(name string) []byte {
	b, _ := p[name].([]byte)
	return b
}

// List returns a list, or nil.
func (p Params) List(name string) []any {
	l, _ := p[name].([]any)
	return l
}

// Strs returns the strings of a list, or nil.
func (p Params) Strs(name string) []string {
	var out []string
	for _, v := range p.List(name) {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}

// Objs returns the structures of a list, or nil.
func (p Params) Objs(name string) []Params {
	var out []Params
	for _, v := range p.List(name) {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// Obj returns a structure or map, or nil, which has no members.
func (p Params) Obj(name string) Params {
	m, _ := p[name].(map[string]any)
	return m
}

// StrMap returns a map of strings. It is never nil.
func (p Params) StrMap(name string) map[string]string {
	out := make(map[string]string)
	for k, v := range p.Obj(name) {
		out[k], _ = v.(string)
	}
	return out
}

// Blank tells whether there is nothing in a value: false, "", or only blank members.
func Blank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)),
			func(v any) bool { return !Blank(v) })
	}
	return false
}

// An Error is an error as a service answers it, in whatever form its protocol has.
type Error struct {
	Code    string // "NoSuchEntity", "ResourceNotFoundException"
	Status  int    // HTTP status
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Fail returns an [*Error].
func Fail(status int, code, format string, args ...any) error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

// Invalid returns the ValidationException of JSON services, for what their models do not say.
func Invalid(format string, args ...any) error {
	return Fail(http.StatusBadRequest, "ValidationException", format, args...)
}

// BreaksConstraint returns the ValidationException for a member whose value must satisfy a
// constraint that the model lacks.
func BreaksConstraint(member string, value any, must string) error {
	return Invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: "+
		"Member must %s", value, member, must)
}

// Unserved returns the error for what AWS serves and this stand-in does not. Its code is none of
// AWS's, so that a test cannot take it for an answer of AWS.
func Unserved(what string) error {
	return Fail(http.StatusBadRequest, "NotServedByAWSTest", "the stand-in does not serve %s", what)
}
