// Package stricttest checks that a configuration that package strict reads has a range or a rule
// for each key, and that values outside of it are refused.
package stricttest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Test checks the keys of the struct type c. Parse parses a configuration. Keys whose texts may be
// anything, or are checked together with others, are in free.
func Test(t *testing.T, c reflect.Type, parse func([]byte) error, free string) {
	t.Helper()
	s := &suite{t: t, parse: parse, free: strings.Fields(free), seen: make(map[reflect.Type]bool)}
	s.structure(c, nil)
	for _, key := range s.free {
		if !slices.Contains(s.used, key) {
			t.Errorf("there is no free text %q", key)
		}
	}
}

type suite struct {
	t     *testing.T
	parse func([]byte) error
	free  []string
	used  []string              // of free
	seen  map[reflect.Type]bool // structs above, to end recursion
}

func (s *suite) structure(t reflect.Type, path []string) {
	if s.seen[t] {
		return
	}
	s.seen[t] = true
	defer delete(s.seen, t)
	for _, f := range reflect.VisibleFields(t) {
		if key := f.Tag.Get("json"); key != "" {
			s.field(f.Type, append(slices.Clip(path), key), f.Tag.Get("allow"))
		}
	}
}

func (s *suite) field(t reflect.Type, path []string, allow string) {
	isTime := strings.HasSuffix(t.String(), "Duration")
	switch t.Kind() {
	case reflect.Pointer:
		s.field(t.Elem(), path, allow)
	case reflect.Struct:
		s.structure(t, path)
	case reflect.Map:
		s.field(t.Elem(), append(slices.Clip(path), "x"), "any")
	case reflect.Int, reflect.Int64, reflect.Float64:
		low, high, ok := strings.Cut(allow, "..")
		if !ok {
			s.t.Errorf("the key %s has a number without a range", strings.Join(path, "."))
			return
		}
		s.refuses(path, outside(s.t, low, -1, isTime))
		s.refuses(path, outside(s.t, high, 1, isTime))
	case reflect.String:
		key := path[len(path)-1]
		switch {
		case slices.Contains(s.free, key):
			s.used = append(s.used, key)
		case allow == "":
			s.t.Errorf("the text %s has no rule", strings.Join(path, "."))
		case allow != "any":
			s.refuses(path, "a b")
		}
	}
}

// outside returns the value beside a bound.
func outside(t *testing.T, bound string, by int, isTime bool) any {
	if isTime {
		d, err := time.ParseDuration(bound)
		if err != nil {
			t.Error(err)
		}
		return (d + time.Duration(by)*time.Second).String()
	}
	n, err := strconv.Atoi(bound)
	if err != nil {
		t.Error(err)
	}
	return n + by
}

// refuses checks that a configuration is refused that only has one key.
func (s *suite) refuses(path []string, v any) {
	config := v
	for _, key := range slices.Backward(path) {
		config = map[string]any{key: config}
	}
	text, err := json.Marshal(config)
	if err != nil {
		s.t.Error(err)
		return
	}
	want := fmt.Sprintf("1: %q is ", strings.Join(path, "."))
	if err := s.parse(text); err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "; use ") {
		s.t.Errorf("the error of %s is %v", text, err)
	}
}
