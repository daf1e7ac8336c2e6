package project

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// A Use is a set of what reads the configuration.
type Use uint

// What reads the configuration. A Program is one that calls host.Run: it has the same settings as
// flags and variables, and reads no file.
const (
	Local Use = 1 << iota
	Gateway
	Deploy
	Program
)

// String returns the names of a set, separated by commas.
func (u Use) String() string {
	var names []string
	for i, name := range []string{"local", "gateway", "deploy", "programs"} {
		if u&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// A KeyDoc describes a key of the configuration. Its type and its range are those of the field with
// its json tag.
type KeyDoc struct {
	// Path has dots between keys, and {name} for a key that the user chooses.
	Path string
	In   Use
	Says string

	Unit    string
	Default string

	// Defaults are those of single commands, where they differ.
	Defaults map[Use]string

	// Flag and Variable set the key, too, in commands that have the flag; without dashes.
	Flag, Variable string

	// Missed says what is missing where a command does not use the key, if that can hurt.
	Missed map[Use]string

	// Type, Range and Several are set by [Keys]. Several keys are set for single functions, too.
	// An Optional key is in an object that may be missing as a whole; then it has no default.
	Type, Range string
	Several     bool
	Optional    bool
}

// A KeyGroup has the keys of one subject.
type KeyGroup struct {
	Title string
	Keys  []KeyDoc
}

// Keys returns the description of all keys. The order is that of the reference page.
func Keys() []KeyGroup {
	fields := make(map[string]reflect.StructField)
	several := make(map[string]bool)
	walk(reflect.TypeFor[Config](), "", func(path string, f reflect.StructField) { fields[path] = f })
	for _, f := range reflect.VisibleFields(reflect.TypeFor[FunctionConfig]()) {
		several[f.Tag.Get("json")] = true
	}
	groups := keyGroups()
	for _, g := range groups {
		for i := range g.Keys {
			k := &g.Keys[i]
			f, ok := fields[k.Path]
			if !ok {
				panic("tyg: the description of keys has " + k.Path + ", which is no key")
			}
			k.Type, k.Range = typeWord(f.Type), rangeWord(f.Tag.Get("allow"))
			k.Several = several[k.Path]
			if cut := strings.LastIndexByte(k.Path, '.'); cut >= 0 {
				object, ok := fields[k.Path[:cut]]
				k.Optional = ok && object.Type.Kind() == reflect.Pointer
			}
			if k.Variable == "" && k.Flag != "" {
				k.Variable = "TYG_" + strings.ToUpper(strings.ReplaceAll(k.Flag, "-", "_"))
			}
		}
	}
	return groups
}

// walk visits all keys of a struct with their paths. The keys of a stage, and those of a function
// that are also keys of a stage, are visited once, without the name of the stage or the function.
func walk(t reflect.Type, prefix string, visit func(string, reflect.StructField)) {
	for _, f := range reflect.VisibleFields(t) {
		key := f.Tag.Get("json")
		if f.Anonymous || key == "" || t == reflect.TypeFor[Function]() && len(f.Index) > 1 {
			continue
		}
		path := prefix + key
		visit(path, f)
		if path == "stages" {
			continue
		}
		below := f.Type
		for below.Kind() == reflect.Pointer {
			below = below.Elem()
		}
		switch below.Kind() {
		case reflect.Struct:
			walk(below, path+".", visit)
		case reflect.Map:
			if below.Elem().Kind() == reflect.Struct {
				walk(below.Elem(), path+".{name}.", visit)
			}
		case reflect.Slice:
			if below.Elem().Kind() == reflect.Struct {
				walk(below.Elem(), path+"[].", visit)
			}
		}
	}
}

// typeWord returns the name of a type for people.
func typeWord(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[value.Duration]() {
		return "duration"
	}
	if t == reflect.TypeFor[value.Texts]() {
		return "text or list of texts"
	}
	if t == reflect.TypeFor[Variables]() {
		return "texts or objects by name"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + strings.TrimSuffix(typeWord(t.Elem()), "s") + "s"
	case reflect.Interface:
		return "value"
	case reflect.Map:
		return typeWord(t.Elem()) + "s by name"
	case reflect.Struct:
		return "object"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "whole number"
	case reflect.Float64:
		return "number"
	}
	return "text"
}

// rangeWord returns what a tag "allow" allows, for people.
func rangeWord(allow string) string {
	if low, high, ok := strings.Cut(allow, ".."); ok {
		return low + " to " + high
	}
	rules := map[string]string{
		"addr": "HOST:PORT", "stage": "1 to 128 letters, digits, - and _", "url": "http or https URL",
	}
	return cmp.Or(rules[allow], strings.ReplaceAll(allow, "|", ", "))
}

// Unused returns a sentence about keys of a stage that a command does not use although the user
// would miss them, or "".
func (c Config) Unused(stage string, by Use) string {
	s := c.At(stage)
	var list []string
	for _, g := range Keys() {
		for _, k := range g.Keys {
			if why := k.Missed[by]; why != "" && s.has(k) {
				list = append(list, k.Path+" ("+why+")")
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "tyg " + by.String() + " does not use " + strings.Join(list, ", ")
}

// has reports whether a stage has a key, or one of its functions.
func (s StageConfig) has(k KeyDoc) bool {
	if _, ok := find(reflect.ValueOf(s), k.Path); ok {
		return true
	}
	for _, f := range s.Functions {
		if _, ok := find(reflect.ValueOf(f), k.Path); ok && k.Several {
			return true
		}
	}
	return false
}

// find returns the value of a struct for a path, and whether it has one: neither its zero value,
// unless that is behind a pointer, nor an empty map.
func find(v reflect.Value, path string) (reflect.Value, bool) {
	key, rest, below := strings.Cut(path, ".")
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous || f.Tag.Get("json") != key {
			continue
		}
		field, there := v.FieldByIndex(f.Index), false
		if there = !field.IsZero(); field.Kind() == reflect.Pointer && there {
			field = field.Elem()
		}
		if below {
			if field.Kind() != reflect.Struct {
				return field, false
			}
			return find(field, rest)
		}
		return field, there && (field.Kind() != reflect.Map || field.Len() > 0)
	}
	return reflect.Value{}, false
}

// ProgramVariables returns the environment variables by which a program with host.Run has the
// settings of a stage, as NAME=value.
func (s StageConfig) ProgramVariables() []string {
	var list []string
	for _, g := range Keys() {
		for _, k := range g.Keys {
			if k.In&Program == 0 || k.Variable == "" {
				continue
			}
			if v, ok := find(reflect.ValueOf(s), k.Path); ok {
				list = append(list, k.Variable+"="+text(v))
			}
		}
	}
	return list
}

// text returns a value as flags and variables have it.
func text(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	case value.Duration:
		return time.Duration(v).String()
	}
	return fmt.Sprint(v.Interface())
}

// flagOf returns the flag of a limit.
func flagOf(key string) string { return "limit-" + strings.ReplaceAll(key, "_", "-") }
