package dynamodb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A value is the value of an attribute.
type value struct {
	kind string  // S, N, B, BOOL, NULL, L, M, SS, NS or BS
	text string  // of S; of N in canonical form; the bytes of B; "true" or "false"
	list []value // of L, and the elements of a set
	m    item    // of M
}

// An item is what a table holds, or the value of a map.
type item map[string]value

func text(s string) value { return value{kind: "S", text: s} }

func boolean(b bool) value { return value{kind: "BOOL", text: fmt.Sprint(b)} }

// elementKind is the kind of the elements of a set.
var elementKind = map[string]string{"SS": "S", "NS": "N", "BS": "B"}

// UnmarshalJSON implements [json.Unmarshaler].
func (v *value) UnmarshalJSON(data []byte) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(data, &in); err != nil {
		return serialization("want an object such as {\"S\": \"text\"}, not %.40s", data)
	}
	if len(in) != 1 {
		return invalid("Supplied AttributeValue has more than one datatypes set, must contain " +
			"exactly one of the supported datatypes")
	}
	for kind, data := range in {
		v.kind = kind
		return v.decode(data)
	}
	return nil
}

// decode reads the part of a value that its kind says.
func (v *value) decode(data []byte) (err error) {
	switch v.kind {
	case "S", "N", "B":
		if err = json.Unmarshal(data, &v.text); err == nil {
			err = v.normalize()
		}
	case "BOOL":
		var b bool
		err = json.Unmarshal(data, &b)
		*v = boolean(b)
	case "NULL":
		var b bool
		if err = json.Unmarshal(data, &b); err == nil && !b {
			return invalid("One or more parameter values were invalid: Null attribute value types " +
				"must have the value of true")
		}
	case "L":
		err = json.Unmarshal(data, &v.list)
	case "M":
		err = json.Unmarshal(data, &v.m)
		if v.m == nil {
			v.m = item{}
		}
	case "SS", "NS", "BS":
		err = v.decodeSet(data)
	default:
		return invalid("Supplied AttributeValue is empty, must contain exactly one of the " +
			"supported datatypes")
	}
	if _, ours := errors.AsType[*Error](err); err != nil && !ours {
		return serialization("a value of type %s cannot be %.40s", v.kind, data)
	}
	return err
}

// normalize brings a number or bytes into the form in which they are compared.
func (v *value) normalize() error {
	switch v.kind {
	case "N":
		n, err := parseNumber(v.text)
		if err != nil {
			return err
		}
		v.text = n.String()
	case "B":
		data, err := base64.StdEncoding.DecodeString(v.text)
		if err != nil {
			return serialization("a value of type B is not in base64")
		}
		v.text = string(data)
	}
	return nil
}

func (v *value) decodeSet(data []byte) error {
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		return err
	}
	if len(texts) == 0 {
		return invalid("One or more parameter values were invalid: An %s set  may not be empty",
			map[string]string{"SS": "string", "NS": "number", "BS": "binary"}[v.kind])
	}
	for _, s := range texts {
		e := value{kind: elementKind[v.kind], text: s}
		if err := e.normalize(); err != nil {
			return err
		}
		if slices.ContainsFunc(v.list, e.equal) {
			return invalid("One or more parameter values were invalid: Input collection [%s] "+
				"contains duplicates.", strings.Join(texts, ", "))
		}
		v.list = append(v.list, e)
	}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (v value) MarshalJSON() ([]byte, error) {
	var out any
	switch v.kind {
	case "S", "N":
		out = v.text
	case "B":
		out = []byte(v.text)
	case "BOOL":
		out = v.text == "true"
	case "NULL":
		out = true
	case "L":
		out = append([]value{}, v.list...)
	case "M":
		out = v.m
	default:
		out = v.texts()
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{v.kind: out})
	return b.Bytes(), err
}

// texts returns the elements of a set as they are in JSON.
func (v value) texts() []string {
	out := make([]string, len(v.list))
	for i, e := range v.list {
		out[i] = e.text
		if e.kind == "B" {
			out[i] = base64.StdEncoding.EncodeToString([]byte(e.text))
		}
	}
	return out
}

// equal reports whether two values are the same; the order of a set does not count.
func (v value) equal(w value) bool {
	if v.kind != w.kind || v.text != w.text || len(v.list) != len(w.list) || len(v.m) != len(w.m) {
		return false
	}
	for i, e := range v.list {
		if elementKind[v.kind] != "" && !slices.ContainsFunc(w.list, e.equal) ||
			elementKind[v.kind] == "" && !e.equal(w.list[i]) {
			return false
		}
	}
	for name, e := range v.m {
		if other, ok := w.m[name]; !ok || !e.equal(other) {
			return false
		}
	}
	return true
}

// ordered reports whether values of this kind have an order.
func (v value) ordered() bool { return v.kind == "S" || v.kind == "N" || v.kind == "B" }

// compare orders two values of one ordered kind: texts and bytes by their bytes.
func compare(a, b value) int {
	if a.kind != "N" {
		return strings.Compare(a.text, b.text)
	}
	x, _ := parseNumber(a.text) // both are canonical
	y, _ := parseNumber(b.text)
	return x.compare(y)
}

// clone returns a value that shares nothing with v that an update changes.
func (v value) clone() value {
	v.list = slices.Clone(v.list)
	for i := range v.list {
		v.list[i] = v.list[i].clone()
	}
	v.m = v.m.clone()
	return v
}

func (i item) clone() item {
	out := maps.Clone(i)
	for name, v := range out {
		if v.list != nil || v.m != nil {
			out[name] = v.clone()
		}
	}
	return out
}

// size counts as DynamoDB does: names and texts by their bytes, numbers by their digits.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)
func (i item) size() (n int) {
	for name, v := range i {
		n += len(name) + v.size()
	}
	return n
}

func (v value) size() int {
	switch v.kind {
	case "S", "B":
		return len(v.text)
	case "N":
		return (len(strings.Trim(v.text, "-0."))+1)/2 + 1
	case "M":
		return 3 + len(v.m) + v.m.size()
	}
	n := len(v.list)
	if v.kind == "L" {
		n += 3
	}
	for _, e := range v.list {
		n += e.size()
	}
	return max(n, 1)
}

// maxDepth is how deep lists and maps may contain each other.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
const maxDepth = 32

// depth returns how deep lists and maps contain each other.
func (v value) depth() int {
	deepest := 0
	for _, e := range v.list {
		deepest = max(deepest, e.depth())
	}
	for _, e := range v.m {
		deepest = max(deepest, e.depth())
	}
	if v.kind == "L" || v.kind == "M" {
		deepest++
	}
	return deepest
}
