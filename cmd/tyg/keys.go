package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A keyChecker walks the text of a configuration beside the type it will be decoded into. It finds
// what encoding/json is silent about: keys that do not exist, and keys that are there twice; and it
// knows the line of every fault.
type keyChecker struct {
	data []byte
	dec  *json.Decoder
}

// checkKeys returns the first fault, beginning with its line.
func checkKeys(data []byte) error {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		errors.As(err, &syntax) // what else can be wrong with any JSON
		return fmt.Errorf("%d: this is not JSON: %w", lineAt(data, syntax.Offset), err)
	}
	k := &keyChecker{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	return k.value(reflect.TypeFor[config](), "")
}

// value checks the next value, whose key is path.
func (k *keyChecker) value(t reflect.Type, path string) error {
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
func (k *keyChecker) member(t reflect.Type, path string, seen map[string]int) error {
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
		return fmt.Errorf("%d: there is no key %q%s", line, path+key, didYouMean(key, keysOf(t)))
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

// explainType says in words that a value is of the wrong type.
func explainType(err error, line int, path string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
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
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "an array"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return "a " + t.Kind().String()
}

// lineAt returns the number of the line in which the byte before offset is.
func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset-1, 0), int64(len(data)))], []byte("\n"))
}

// didYouMean names the key nearest to a wrong one, if any is near.
func didYouMean(key string, keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	near := slices.MinFunc(keys, func(a, b string) int { return distance(key, a) - distance(key, b) })
	if distance(key, near) > 1+len(near)/3 {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}

// distance is the number of characters to insert, delete or change to make b of a, regardless of
// case, - and _.
func distance(a, b string) int {
	plain := strings.NewReplacer("-", "", "_", "")
	a, b = strings.ToLower(plain.Replace(a)), strings.ToLower(plain.Replace(b))
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
