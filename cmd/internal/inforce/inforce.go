// Package inforce says what of a configuration is in force, and where each value comes from.
package inforce

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// A Value is the value of a key.
type Value struct {
	Key   string `json:"key"`
	Value string `json:"value"` // secrets are hidden
	From  Origin `json:"from"`
}

// An Origin is where a value comes from: a line of a file, an environment variable, a profile, or
// none of them for a default.
type Origin struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"` // 0: the file has another spelling of the key
	Variable string `json:"variable,omitempty"`
	Profile  string `json:"profile,omitempty"` // of gateway_profile
}

// String returns FILE:LINE, the name of the variable, that of the profile, or default.
func (o Origin) String() string {
	switch {
	case o.Profile != "":
		return "profile " + o.Profile
	case o.Variable != "":
		return o.Variable
	case o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	return cmp.Or(o.File, "default")
}

// A Source is a configuration and what goes before it.
type Source struct {
	Config project.Config
	File   string
	Lines  map[string]int // of the keys in the file, by their paths
	Stage  string
	By     project.Use // the commands whose keys count
	Getenv func(string) string
}

// Values returns the values in force, in the order of the reference page.
func (s Source) Values() []Value {
	var list []Value
	values := s.file()
	profile := s.profile()
	changed := project.ProfileValues(profile)
	for _, k := range s.keys() {
		set := s.variable(k)
		if set == nil {
			set = values[k.Path]
		}
		of, inProfile := changed[k.Path]
		switch {
		case has(set, k.Path): // not only a function
		case inProfile:
			list = append(list, Value{k.Path, of, Origin{Profile: profile}})
		case hasDefault(k, values):
			list = append(list, Value{Key: k.Path, Value: cmp.Or(k.Defaults[s.By], k.Default)})
		}
		list = append(list, set...)
	}
	return list
}

// has reports whether a key itself is among values.
func has(values []Value, key string) bool {
	return slices.ContainsFunc(values, func(v Value) bool { return v.Key == key })
}

// profile returns the name of the profile of limits.
func (s Source) profile() string {
	return cmp.Or(s.Getenv("TYG_PROFILE"), s.Config.At(s.Stage).GatewayProfile)
}

// hasDefault reports whether the default of a key is in force.
func hasDefault(k project.KeyDoc, values map[string][]Value) bool {
	if k.Default == "" || k.Type == "object" || strings.ContainsAny(k.Path, "{[") {
		return false
	}
	object := k.Path[:strings.LastIndexByte(k.Path, '.')+1]
	for path := range values {
		if k.Optional && strings.HasPrefix(path, object) {
			return true
		}
	}
	return !k.Optional
}

// keys returns the keys that count.
func (s Source) keys() (list []project.KeyDoc) {
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			if k.In&s.By != 0 {
				list = append(list, k)
			}
		}
	}
	return list
}

// variable returns the value that an environment variable has for a key.
func (s Source) variable(k project.KeyDoc) []Value {
	if k.Variable == "" {
		return nil
	}
	text := s.Getenv(k.Variable)
	if text == "" {
		return nil
	}
	return []Value{{Key: k.Path, Value: hide(k.Path, text), From: Origin{Variable: k.Variable}}}
}

// file returns the values of the file, by the paths in the table of keys.
func (s Source) file() map[string][]Value {
	values := make(map[string][]Value)
	c := s.Config
	c.StageConfig = c.At(s.Stage)
	for name, f := range c.StageConfig.Functions {
		c.StageConfig.Functions[name] = f.Over(s.Config.Functions[name])
	}
	c.Stages = nil
	flatten(reflect.ValueOf(c), "", "", func(path, pattern, text string) {
		// API Gateway's stage and the processor have defaults, which At puts there.
		from, ok := s.origin(path)
		if !ok && (path == "api_gateway_stage" || path == "lambda_architecture") && s.spelledNew() {
			return
		}
		values[pattern] = append(values[pattern], Value{path, hide(path, text), from})
	})
	return values
}

// spelledNew reports whether the file has no old spelling of the stage.
func (s Source) spelledNew() bool { return s.Lines["stage"] == 0 }

// origin returns the line of a key, in the stage or at the top level.
func (s Source) origin(path string) (Origin, bool) {
	for _, p := range []string{"stages." + s.Stage + "." + path, path} {
		if line := s.Lines[p]; line > 0 {
			return Origin{File: s.File, Line: line}, true
		}
	}
	return Origin{File: s.File}, false
}

// flatten calls emit for each value below v. The pattern of a path is that of the table of keys.
func flatten(v reflect.Value, path, pattern string, emit func(path, pattern, text string)) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			field := v.FieldByIndex(f.Index)
			if key := f.Tag.Get("json"); key != "" && !f.Anonymous && !field.IsZero() {
				flatten(field, join(path, key), patternOf(v.Type(), f, pattern, key), emit)
			}
		}
	case reflect.Map:
		names := v.MapKeys()
		slices.SortFunc(names, func(a, b reflect.Value) int {
			return cmp.Compare(a.String(), b.String())
		})
		if all, ok := v.Interface().(project.Variables); ok {
			for _, name := range slices.Sorted(maps.Keys(all)) {
				emit(join(path, name), pattern, all[name].String())
			}
			return
		}
		below := pattern
		if v.Type().Elem().Kind() == reflect.Struct {
			below = join(pattern, "{name}")
		}
		for _, name := range names {
			flatten(v.MapIndex(name), join(path, name.String()), below, emit)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			emit(path, pattern, text(v))
			return
		}
		for i := range v.Len() {
			flatten(v.Index(i), fmt.Sprintf("%s[%d]", path, i), pattern+"[]", emit)
		}
	default:
		emit(path, pattern, text(v))
	}
}

// patternOf returns the path in the table of keys of a field. The keys that stages and functions
// have are those of stages there.
func patternOf(t reflect.Type, f reflect.StructField, pattern, key string) string {
	if t == reflect.TypeFor[project.Function]() && len(f.Index) > 1 {
		return key
	}
	return join(pattern, key)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// text returns a value as the configuration has it, without quotes.
func text(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case value.Duration:
		return time.Duration(v).String()
	}
	return fmt.Sprint(v.Interface())
}

// Stages returns the stages of a configuration, or dev if it has none.
func Stages(c project.Config) []string {
	if len(c.Stages) == 0 {
		return []string{"dev"}
	}
	return slices.Sorted(maps.Keys(c.Stages))
}
