package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// A jsonReader decodes JSON, whose names are those of the protocol, to values with the names of the
// model.
type jsonReader struct {
	*Service
	problems []string
}

func (d *jsonReader) bad(path, format string, args ...any) {
	d.problems = append(d.problems, strings.TrimPrefix(path+": ", ": ")+fmt.Sprintf(format, args...))
}

// body reads an object of the named shape; nothing at all counts as {}.
func (d *jsonReader) body(shape string, body []byte) map[string]any {
	if len(bytes.TrimSpace(body)) == 0 {
		return make(map[string]any)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		d.bad("", "body is not a JSON object: %v", err)
		return make(map[string]any)
	}
	if _, err := dec.Token(); err != io.EOF {
		d.bad("", "data follows the JSON object in the body")
	}
	return d.structure("", d.shape(shape), raw)
}

// value decodes a value of the named shape. The checker reports values of the wrong type.
func (d *jsonReader) value(path, name string, raw any) any {
	s := d.shape(name)
	switch v := raw.(type) {
	case map[string]any:
		if s.Type == "map" {
			return d.mapping(path, s, v)
		}
		return d.structure(path, s, v)
	case []any:
		return d.list(path, s, v)
	case string:
		if s.Type == "blob" {
			return d.blob(path, v)
		}
	}
	return raw
}

// structure decodes a structure. A null is a member that is absent.
func (d *jsonReader) structure(path string, s *models.Shape, raw map[string]any) map[string]any {
	out := make(map[string]any)
	for wire, v := range raw {
		name, m := member(s, "", wire)
		switch {
		case m == nil:
			d.bad(join(path, wire), "unknown member")
		case v != nil:
			out[name] = d.value(join(path, name), m.Shape, v)
		}
	}
	return out
}

func (d *jsonReader) mapping(path string, s *models.Shape, raw map[string]any) map[string]any {
	out := make(map[string]any)
	for key, v := range raw {
		out[key] = d.value(join(path, key), s.Value.Shape, v)
	}
	return out
}

func (d *jsonReader) list(path string, s *models.Shape, raw []any) any {
	if s.Type != "list" {
		return raw
	}
	out := make([]any, len(raw))
	for i, v := range raw {
		out[i] = d.value(fmt.Sprintf("%s.%d", path, i+1), s.Member.Shape, v)
	}
	return out
}

func (d *jsonReader) blob(path, text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		d.bad(path, "not base64: %v", err)
	}
	return b
}

// member returns the member of s with that name on the wire, or nil.
func member(s *models.Shape, location, wire string) (string, *models.Member) {
	for name, m := range s.Members {
		if m.Location == location && m.Wire(name) == wire && (s.Payload == "" || name != s.Payload) {
			return name, m
		}
	}
	return "", nil
}

// toJSON converts a normalised value of the named shape to a value that encoding/json writes as the
// protocol has it. Members of a structure that are not in the body are left out.
func toJSON(s *Service, name string, value any) any {
	shape := s.shape(name)
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any)
		for key, value := range v {
			if shape.Type == "map" {
				out[key] = toJSON(s, shape.Value.Shape, value)
			} else if m := shape.Members[key]; m != nil && m.Location == "" {
				out[m.Wire(key)] = toJSON(s, m.Shape, value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = toJSON(s, shape.Member.Shape, value)
		}
		return out
	case time.Time:
		return jsonTime(shape, v)
	default:
		return v // encoding/json writes []byte in base64
	}
}

// jsonTime formats a time in seconds since 1970, unless the model has another format.
// (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#timestamp-formats)
func jsonTime(s *models.Shape, t time.Time) any {
	if s.Timestamp == "iso8601" {
		return t.UTC().Format(time.RFC3339)
	}
	return json.Number(strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64))
}

// marshal encodes what toJSON returned, and errors, which cannot fail.
func marshal(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}
