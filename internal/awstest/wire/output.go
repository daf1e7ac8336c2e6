package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Output converts an output to the types of [Params], with time.Time for timestamps. An output may
// also hold any number, slice or map with string keys; members that are nil are left out. problems
// says what of it the model does not have.
func (r *Request) Output(out map[string]any) (normal map[string]any, problems []string) {
	normal, _ = normalise(reflect.ValueOf(out)).(map[string]any)
	if normal == nil {
		normal = make(map[string]any)
	}
	if r.op.Output == "" {
		if len(normal) > 0 {
			return nil, []string{"answer: the model has no output"}
		}
		return normal, nil
	}
	s := r.shape(r.op.Output)
	for _, name := range s.Required { // nil is how Go writes a list without entries
		if _, ok := normal[name]; !ok && r.shape(s.Members[name].Shape).Type == "list" {
			normal[name] = []any{}
		}
	}
	for _, p := range r.checkAnswer(r.op.Output, normal) {
		problems = append(problems, "answer: "+p)
	}
	return normal, problems
}

// normalise returns v as a string, bool, json.Number, []byte, time.Time, []any or
// map[string]any, or nil.
func normalise(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Interface, reflect.Pointer:
		return normalise(v.Elem())
	case reflect.String:
		if n, ok := v.Interface().(json.Number); ok {
			return n
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Slice:
		return normaliseSlice(v)
	case reflect.Map:
		return normaliseMap(v)
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t
	}
	return normaliseNumber(v)
}

func normaliseNumber(v reflect.Value) any {
	switch {
	case v.CanInt():
		return json.Number(strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		return json.Number(strconv.FormatUint(v.Uint(), 10))
	case v.CanFloat():
		return json.Number(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	default:
		panic(fmt.Sprintf("an output has a %s", v.Type()))
	}
}

func normaliseSlice(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	if b, ok := v.Interface().([]byte); ok {
		return b
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = normalise(v.Index(i))
	}
	return list
}

func normaliseMap(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	m := make(map[string]any, v.Len())
	for _, key := range v.MapKeys() {
		if value := normalise(v.MapIndex(key)); value != nil {
			m[key.String()] = value
		}
	}
	return m
}

// WithNext adds the token of the next page to a page, if there is one.
func WithNext(out map[string]any, member, next string) map[string]any {
	if next != "" {
		out[member] = next
	}
	return out
}

// OrNil returns nil for the empty string, so that the member is left out.
func OrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
