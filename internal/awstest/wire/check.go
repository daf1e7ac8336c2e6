package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// A checker compares values, in the form that [Params] describes, with the model.
type checker struct {
	*Service
	answer   bool // not a request
	problems []string
}

// check returns what is wrong with an input of the named shape, in the words of AWS.
func (s *Service) check(shape string, input map[string]any) []string {
	c := &checker{Service: s}
	if shape != "" {
		c.value("", shape, input)
	}
	return c.problems
}

// checkAnswer returns what is wrong with an output. Lengths, ranges and patterns are not part of
// it: AWS breaks them itself, as with a NumberOfDecreasesToday of 0.
func (s *Service) checkAnswer(shape string, output map[string]any) []string {
	c := &checker{Service: s, answer: true}
	c.value("", shape, output)
	return c.problems
}

func (c *checker) bad(path string, value any, constraint string, args ...any) {
	text := "null"
	if value != nil {
		text = fmt.Sprintf("'%.200v'", value)
	}
	c.problems = append(c.problems, fmt.Sprintf(
		"Value %s at '%s' failed to satisfy constraint: Member must ", text, path)+
		fmt.Sprintf(constraint, args...))
}

// value checks one value and its members.
func (c *checker) value(path, name string, value any) {
	s := c.shape(name)
	if !fits(s.Type, value) {
		c.bad(path, value, "be a %s", s.Type)
		return
	}
	switch v := value.(type) {
	case map[string]any:
		c.object(path, s, v)
	case []any:
		c.length(path, s, value, len(v))
		for i, element := range v {
			c.value(fmt.Sprintf("%s.%d.member", path, i+1), s.Member.Shape, element)
		}
	case string:
		c.text(path, s, v)
	case []byte:
		c.length(path, s, fmt.Sprintf("%d bytes", len(v)), len(v))
	case json.Number:
		c.number(path, s, v)
	}
}

// fits tells whether a value has the Go type of a type of the model.
func fits(kind string, value any) bool {
	switch value.(type) {
	case map[string]any:
		return kind == "structure" || kind == "map"
	case []any:
		return kind == "list"
	case string:
		return kind == "string" || kind == "timestamp"
	case json.Number:
		return slices.Contains([]string{"integer", "long", "float", "double", "timestamp"}, kind)
	case bool:
		return kind == "boolean"
	case []byte:
		return kind == "blob"
	case time.Time:
		return kind == "timestamp"
	default:
		return false
	}
}

func (c *checker) object(path string, s *models.Shape, v map[string]any) {
	if s.Type == "map" {
		c.length(path, s, v, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			c.value(path+".key", s.Key.Shape, key)
			c.value(path+"."+key+".member", s.Value.Shape, v[key])
		}
		return
	}
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			c.bad(join(path, name), nil, "not be null")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if m := s.Members[name]; m != nil {
			c.value(join(path, name), m.Shape, v[name])
		} else {
			c.bad(join(path, name), v[name], "be in the model")
		}
	}
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func (c *checker) length(path string, s *models.Shape, value any, n int) {
	c.bounds(path, s, value, "length", float64(n))
}

// bounds checks a length or a value.
func (c *checker) bounds(path string, s *models.Shape, value any, noun string, n float64) {
	if c.answer {
		return
	}
	if s.Min != nil && n < *s.Min {
		c.bad(path, value, "have %s greater than or equal to %v", noun, *s.Min)
	}
	if s.Max != nil && n > *s.Max {
		c.bad(path, value, "have %s less than or equal to %v", noun, *s.Max)
	}
}

func (c *checker) text(path string, s *models.Shape, v string) {
	c.length(path, s, v, utf8.RuneCountInString(v))
	if !c.answer && !s.Matches(v) {
		c.bad(path, v, "satisfy regular expression pattern: %s", s.Pattern)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		c.bad(path, v, "satisfy enum value set: [%s]", strings.Join(s.Enum, ", "))
	}
}

func (c *checker) number(path string, s *models.Shape, v json.Number) {
	n, err := v.Float64()
	whole := s.Type == "integer" || s.Type == "long"
	if err != nil || whole && strings.ContainsAny(string(v), ".eE") {
		c.bad(path, v, "be a %s", s.Type)
		return
	}
	c.bounds(path, s, v, "value", n)
}
