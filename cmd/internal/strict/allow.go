package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// allowed checks a value against the tag "allow" of its field, which is one of
//
//   - LOW..HIGH, a range of numbers or times;
//   - a|b|c, a list of numbers or texts;
//   - addr, stage or url, a rule of package value.
//
// An empty text means that the key says nothing, and is allowed.
func allowed(v reflect.Value, allow string) error {
	if allow == "" || v.Kind() == reflect.String && v.String() == "" {
		return nil
	}
	if low, high, ok := strings.Cut(allow, ".."); ok {
		return inRange(v, low, high)
	}
	rule, ok := map[string]func(string) error{
		"addr": value.Addr, "stage": value.Stage, "url": value.HTTPURL,
	}[allow]
	if ok {
		return rule(v.String())
	}
	if list := strings.Split(allow, "|"); !slices.Contains(list, fmt.Sprint(v.Interface())) {
		return fmt.Errorf("use one of %s", strings.Join(list, ", "))
	}
	return nil
}

// inRange checks a number or a time. The bounds are in the program, so their errors are ignored.
func inRange(v reflect.Value, low, high string) error {
	switch {
	case v.Kind() == reflect.Float64:
		from, _ := strconv.ParseFloat(low, 64)
		to, _ := strconv.ParseFloat(high, 64)
		return value.In(v.Float(), from, to, kindWord(v.Type()))
	case isTime(v.Type()):
		from, _ := time.ParseDuration(low)
		to, _ := time.ParseDuration(high)
		return value.In(time.Duration(v.Int()), from, to, "a time")
	}
	from, _ := strconv.ParseInt(low, 10, 64)
	to, _ := strconv.ParseInt(high, 10, 64)
	return value.In(v.Int(), from, to, kindWord(v.Type()))
}

// isTime reports whether values of a type are written like "90s". It is the only type of
// configurations that decodes itself.
func isTime(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
