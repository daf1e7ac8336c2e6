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
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/redact"
)

// Unmarshal decodes the text of a configuration into v, a pointer to a struct. Its errors begin
// with the line number and a colon, so that they can follow the name of a file.
//
// Structs have a json tag on each field, which is the key and nothing else. A tag "allow" says what
// a value may be: see allowed. Of fields with the same key the first one counts, which must be that
// of encoding/json, too.
func Unmarshal(data []byte, v any) error {
	_, err := UnmarshalOld(data, v)
	return err
}

// UnmarshalOld is Unmarshal for structs with old spellings: fields with a tag "old", which is the
// new key, maybe with a comma and a remark. The notes name the new spelling of each old one that is
// there, once, and begin with its line as errors do. Errors do not propose old spellings.
func UnmarshalOld(data []byte, v any) (notes []string, err error) {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return nil, errors.New(
			"1: the file begins with a byte order mark; save it as UTF-8 without one")
	}
	if notes, err = check(data, reflect.TypeOf(v).Elem()); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("1: %w", err) // an error that check does not find
	}
	return notes, nil
}

// A checker walks the text of a configuration and the type into which it will be decoded. It finds
// the faults that encoding/json ignores, with their lines.
type checker struct {
	data  []byte
	dec   *json.Decoder
	notes []string
	noted map[string]bool // by what an old spelling is now
}

// check returns the first fault. The error begins with its line.
func check(data []byte, t reflect.Type) (notes []string, err error) {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		errors.As(err, &syntax) // decoding into RawMessage has no other errors
		return nil, fmt.Errorf("%d: this is not JSON%s: %w", lineAt(data, syntax.Offset),
			likely(data, syntax.Offset), err)
	}
	k := &checker{
		data: data, dec: json.NewDecoder(bytes.NewReader(data)), noted: make(map[string]bool),
	}
	err = k.value(t, "", "")
	return k.notes, err
}

// likely names what people write in configurations that JSON does not have, before an offset.
func likely(data []byte, offset int64) string {
	before := bytes.TrimRight(data[:min(max(offset-1, 0), int64(len(data)))], " \t\r\n")
	rest := data[len(before):]
	rest = bytes.TrimLeft(rest, " \t\r\n")
	switch {
	case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")),
		bytes.HasPrefix(rest, []byte("#")), bytes.HasSuffix(before, []byte("/")):
		return ", which has no comments"
	case bytes.HasSuffix(before, []byte(",")) && len(rest) > 0 && (rest[0] == '}' || rest[0] == ']'):
		return ", which has no comma after the last element"
	case bytes.HasPrefix(rest, []byte("'")):
		return ", whose texts are in double quotes"
	}
	return ""
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
	if t.Kind() == reflect.Map {
		return k.value(t.Elem(), path+key, "")
	}
	f, ok := fieldOf(t, key)
	if !ok {
		return fmt.Errorf("%d: there is no key %q%s", line, path+key, DidYouMean(key, keysOf(t)))
	}
	k.note(line, path+key, f.Tag.Get("old"))
	return k.value(f.Type, path+key, f.Tag.Get("allow"))
}

// note notes an old spelling, if it is the first with this new one.
func (k *checker) note(line int, path, now string) {
	if now == "" || k.noted[now] {
		return
	}
	k.noted[now] = true
	now, remark, ok := strings.Cut(now, ",")
	if ok {
		remark = "," + remark
	}
	k.notes = append(k.notes, fmt.Sprintf("%d: %q is now %q%s", line, path, now, remark))
}

// fieldOf returns the field that the value of key is decoded into.
func fieldOf(t reflect.Type, key string) (field reflect.StructField, ok bool) {
	for f := range fields(t) {
		if f.Tag.Get("json") == key {
			return f, true
		}
	}
	return field, false
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

// keysOf returns the keys of a struct but the old spellings.
func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range fields(t) {
		if f.Tag.Get("old") == "" {
			keys = append(keys, f.Tag.Get("json"))
		}
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
