// Package strict reads JSON that is written by hand: an unknown key is an error, and so is a
// duplicate key; errors name the line, and propose the nearest key.
package strict

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// Unmarshal decodes the text of a configuration into v, a pointer to a struct. Its errors begin
// with the line number and a colon, so that they can follow the name of a file.
//
// Structs have a json tag on each field, which is the key and nothing else.
func Unmarshal(data []byte, v any) error {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return errors.New("1: the file begins with a byte order mark; save it as UTF-8 without one")
	}
	if err := check(data, reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("1: %w", err) // an error that check does not find
	}
	return nil
}

// A checker walks the text of a configuration and the type into which it will be decoded. It finds
// the faults that encoding/json ignores, with their lines.
type checker struct {
	data []byte
	dec  *json.Decoder
}

// check returns the first fault. The error begins with its line.
func check(data []byte, t reflect.Type) error {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		errors.As(err, &syntax) // decoding into RawMessage has no other errors
		return fmt.Errorf("%d: this is not JSON: %w", lineAt(data, syntax.Offset), err)
	}
	k := &checker{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	return k.value(t, "")
}

// value checks the next value, whose key is path.
func (k *checker) value(t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	rest := bytes.TrimLeft(k.data[k.dec.InputOffset():], " \t\r\n:,")
	if t.Kind() != reflect.Struct && t.Kind() != reflect.Map || rest[0] != '{' {
		line := lineAt(k.data, int64(len(k.data)-len(rest))+1)
		return explainType(k.dec.Decode(reflect.New(t).Interface()), line, path)
	}
	if _, err := k.dec.Token(); err != nil {
		return err
	}
	if path != "" {
		path += "."
	}
	for seen := make(map[string]int); k.dec.More(); {
		if err := k.member(t, path, seen); err != nil {
			return err
		}
	}
	_, err := k.dec.Token()
	return err
}

// member checks one key and its value.
func (k *checker) member(t reflect.Type, path string, seen map[string]int) error {
	token, err := k.dec.Token()
	if err != nil {
		return err
	}
	key := token.(string) // or it would not be JSON
	line := lineAt(k.data, k.dec.InputOffset())
	if first, twice := seen[key]; twice {
		return fmt.Errorf("%d: key %q is there twice, first in line %d", line, path+key, first)
	}
	seen[key] = line
	next, ok := typeOf(t, key)
	if !ok {
		return fmt.Errorf("%d: there is no key %q%s", line, path+key, DidYouMean(key, keysOf(t)))
	}
	return k.value(next, path+key)
}

// typeOf returns the type that the value of key is decoded into.
func typeOf(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for f := range fields(t) {
		if f.Tag.Get("json") == key {
			return f.Type, true
		}
	}
	return nil, false
}

// keysOf returns the keys of a struct.
func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range fields(t) {
		keys = append(keys, f.Tag.Get("json"))
	}
	return keys
}

// fields walks the fields of a struct, with those of the structs that it embeds.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			if !f.Anonymous && !yield(f) {
				return
			}
		}
	}
}

// explainType returns an error that names the type that a value must have.
func explainType(err error, line int, path string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		if err != nil {
			err = fmt.Errorf("%d: %q: %w", line, path, err)
		}
		return err
	}
	what := "the configuration"
	if path != "" {
		what = strconv.Quote(path)
	}
	return fmt.Errorf("%d: %s must be %s, not %s", line, what, kindWord(wrong.Type), wrong.Value)
}

// kindWord names a Go type in the words of JSON.
func kindWord(t reflect.Type) string {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return `a time such as "90s"` // the only such type of configurations
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindWord(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "an array"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a " + t.Kind().String()
}

// lineAt returns the number of the line in which the byte before offset is.
func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset-1, 0), int64(len(data)))], []byte("\n"))
}
