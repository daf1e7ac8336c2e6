// Package models has what AWS's own service models say about the operations that package
// awstest serves: their wire form, and the constraints on every member of input and output.
//
// models.json is made by the program in generate from the models in botocore, which are Copyright
// Amazon.com, Inc. or its affiliates, under the Apache License 2.0; NOTICE says so too.
package models

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"sync"
)

//go:generate go run ./generate -o models.json

//go:embed models.json
var file []byte

// A File is all that models.json holds.
type File struct {
	Notice   string
	Services map[string]*Service // by botocore's name: "iam", "apigatewayv2"
}

// A Service is one service, without the operations that are not served.
type Service struct {
	Version      string // of the API, a date
	Protocol     string // "query", "json", "rest-json"
	Signing      string // the service in the credential scope of a signature
	JSONVersion  string `json:",omitempty"` // "1.0" or "1.1", of "json"
	TargetPrefix string `json:",omitempty"` // of X-Amz-Target, of "json"
	Namespace    string `json:",omitempty"` // of the XML, of "query"
	Operations   map[string]*Operation
	Shapes       map[string]*Shape
}

// An Operation says how one operation travels.
type Operation struct {
	Method  string
	Path    string   // with {Member} and {Member+}
	Status  int      `json:",omitempty"` // of success; 200 for 0
	Input   string   `json:",omitempty"` // name of a shape; empty if it has none
	Output  string   `json:",omitempty"`
	Wrapper string   `json:",omitempty"` // the element around an output in XML
	Errors  []string `json:",omitempty"` // names of shapes
}

// A Shape is a type of the model.
type Shape struct {
	Type string // "structure", "list", "map", "string", "integer", "timestamp" and so on

	Members  map[string]*Member `json:",omitempty"` // of a structure
	Required []string           `json:",omitempty"`
	Payload  string             `json:",omitempty"` // the member that is the body as it stands

	Member *Member `json:",omitempty"` // of a list
	Key    *Member `json:",omitempty"` // of a map
	Value  *Member `json:",omitempty"`

	// Min and Max bound the value of a number, the length of everything else.
	Min, Max *float64 `json:",omitempty"`
	// Pattern must match the whole string. It is Go's syntax already.
	Pattern string   `json:",omitempty"`
	Enum    []string `json:",omitempty"`

	Timestamp string `json:",omitempty"` // "iso8601"; empty for the protocol's own format
	Code      string `json:",omitempty"` // of an error, where it is not the shape's name
	Status    int    `json:",omitempty"` // of an error

	once    sync.Once
	pattern *regexp.Regexp
}

// A Member is a use of a shape.
type Member struct {
	Shape    string
	Location string `json:",omitempty"` // "uri", "querystring", "header", "statusCode"; else body
	Name     string `json:",omitempty"` // on the wire, where it is not the member's
}

// Load returns the models. Every caller gets the same, which must not be changed.
func Load() *File { return load() }

var load = sync.OnceValue(func() *File {
	f := &File{}
	if err := json.Unmarshal(file, f); err != nil {
		panic("awstest: read models.json: " + err.Error())
	}
	return f
})

// Matches tells whether the whole of s matches the pattern, if there is one.
func (s *Shape) Matches(text string) bool {
	s.once.Do(func() {
		if s.Pattern != "" {
			s.pattern = regexp.MustCompile(`^(?:` + s.Pattern + `)$`)
		}
	})
	return s.pattern == nil || s.pattern.MatchString(text)
}

// Wire returns the name of a member on the wire; name is its name in the model.
func (m *Member) Wire(name string) string {
	if m.Name != "" {
		return m.Name
	}
	return name
}
