// Package reference describes the configuration and the flags of all commands: as a page, and as a
// JSON schema.
package reference

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// Schema returns the JSON schema of .tyg/config.json, in draft 7, which editors know.
// (https://json-schema.org/draft-07/json-schema-release-notes)
func Schema() ([]byte, error) {
	d := describer{docs: make(map[string]project.KeyDoc)}
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			d.docs[k.Path] = k
		}
	}
	s := d.of(reflect.TypeFor[project.Config](), "", "")
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = "Configuration of tyg"
	s["definitions"] = map[string]any{
		"stage":    d.of(reflect.TypeFor[project.StageConfig](), "", ""),
		"function": d.of(reflect.TypeFor[project.Function](), "lambda_functions.{name}", ""),
	}
	text, err := json.MarshalIndent(s, "", " ")
	return append(text, '\n'), err
}

type schema = map[string]any

type describer struct{ docs map[string]project.KeyDoc }

// of returns the schema of a type, at a path of the table of keys.
func (d describer) of(t reflect.Type, path, allow string) schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[value.Duration]() {
		return schema{"type": "string", "pattern": `^-?([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$`}
	}
	if t == reflect.TypeFor[value.Texts]() {
		return schema{
			"type":  []string{"string", "array"},
			"items": schema{"type": "string"},
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.object(t, path)
	case reflect.Map:
		below := d.of(t.Elem(), path+".{name}", "")
		switch t.Elem() {
		case reflect.TypeFor[project.StageConfig]():
			below = schema{"$ref": "#/definitions/stage"}
		case reflect.TypeFor[project.Variable]():
			below["type"] = []string{"string", "object"}
		case reflect.TypeFor[project.Function]():
			below = schema{"$ref": "#/definitions/function"}
		}
		return schema{"type": "object", "additionalProperties": below}
	case reflect.Interface:
		return make(schema) // any JSON
	case reflect.Slice:
		return schema{"type": "array", "items": d.of(t.Elem(), path+"[]", "")}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return text(allow)
	}
	return number(t, allow)
}

// object returns the schema of a struct.
func (d describer) object(t reflect.Type, path string) schema {
	properties := make(schema)
	for _, f := range reflect.VisibleFields(t) {
		key := f.Tag.Get("json")
		if f.Anonymous || key == "" {
			continue
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		if t == reflect.TypeFor[project.Function]() && len(f.Index) > 1 {
			at = key // described once, for stages and functions
		}
		var p schema
		if key == "stages" {
			p = schema{
				"type": "object", "additionalProperties": schema{"$ref": "#/definitions/stage"},
			}
		} else {
			p = d.of(f.Type, at, f.Tag.Get("allow"))
		}
		p["description"] = description(d.docs[at])
		properties[key] = p
	}
	return schema{"type": "object", "additionalProperties": false, "properties": properties}
}

// text returns the schema of a text.
func text(allow string) schema {
	s := schema{"type": "string"}
	switch {
	case strings.Contains(allow, "|"):
		s["enum"] = strings.Split(allow, "|")
	case allow == "stage":
		s["pattern"] = "^[A-Za-z0-9_-]{1,128}$"
	case allow == "addr":
		s["pattern"] = ":[0-9]{1,5}$"
	case allow == "url":
		s["pattern"] = "^https?://"
	}
	return s
}

// number returns the schema of a number.
func number(t reflect.Type, allow string) schema {
	s := schema{"type": "integer"}
	if t.Kind() == reflect.Float64 {
		s["type"] = "number"
	}
	if low, high, ok := strings.Cut(allow, ".."); ok {
		s["minimum"], s["maximum"] = atof(low), atof(high)
	}
	return s
}

// atof parses a bound, which is in the program.
func atof(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("tyg: bound %q: %v", s, err))
	}
	return f
}

// description returns the text that editors show.
func description(k project.KeyDoc) string {
	text := strings.ReplaceAll(k.Says, "`", "")
	if k.Unit != "" {
		text += ", in " + k.Unit
	}
	if k.Type == "duration" {
		text += ", such as " + (90 * time.Second).String()
	}
	if k.Default != "" {
		text += " (default: " + strings.ReplaceAll(k.Default, "`", "") + ")"
	}
	return text + ". For: " + k.In.String() + "."
}
