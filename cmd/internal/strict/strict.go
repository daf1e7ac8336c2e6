// Package strict reads JSON that is written by hand: an unknown key is an error, and so is a
// duplicate key; errors name the line, and propose the nearest key.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/internal/redact"
)

// Unmarshal decodes the text of a configuration into v, a pointer to a struct. Its errors begin
// with the line number and a colon, so that they can follow the name of a file.
//
// Structs have a json tag on each field, which is the key and nothing else. A tag "allow" says what
// a value may be: see allowed.
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
	return k.value(t, "", "")
}

// value checks the next value, whose key is path, and what the tag of the key allows.
func (k *checker) value(t reflect.Type, path, allow string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	rest := bytes.TrimLeft(k.data[k.dec.InputOffset():], " \t\r\n:,")
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && rest[0] == '[' {
		return k.list(t.Elem(), path)
	}
	if t.Kind() != reflect.Struct && t.Kind() != reflect.Map || rest[0] != '{' {
		line := lineAt(k.data, int64(len(k.data)-len(rest))+1)
		v := reflect.New(t)
		if err := k.dec.Decode(v.Interface()); err != nil || rest[0] == 'n' { // null
			return explainType(err, line, path)
		}
		if err := allowed(v.Elem(), allow); err != nil {
			return fmt.Errorf("%d: %q is %v; %w", line, path, shown(v.Elem()), err)
		}
		return nil
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

// list checks the elements of an array of objects.
func (k *checker) list(t reflect.Type, path string) error {
	if _, err := k.dec.Token(); err != nil {
		return err
	}
	for i := 0; k.dec.More(); i++ {
		if err := k.value(t, fmt.Sprintf("%s[%d]", path, i), ""); err != nil {
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
	next, allow, ok := typeOf(t, key)
	if !ok {
		return fmt.Errorf("%d: there is no key %q%s", line, path+key, DidYouMean(key, keysOf(t)))
	}
	return k.value(next, path+key, allow)
}

// typeOf returns the type that the value of key is decoded into, and what it may be.
func typeOf(t reflect.Type, key string) (value reflect.Type, allow string, ok bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), "", true
	}
	for f := range fields(t) {
		if f.Tag.Get("json") == key {
			return f.Type, f.Tag.Get("allow"), true
		}
	}
	return nil, "", false
}

// shown returns a value for an error: texts are quoted, and times have a unit. What is wrong about
// a text that may have secrets, its rule says.
func shown(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return strconv.Quote(redact.Text(v.String()))
	case isTime(v.Type()):
		return time.Duration(v.Int()).String()
	}
	return fmt.Sprint(v.Interface())
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
	if isTime(t) {
		return `a time such as "90s"`
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
