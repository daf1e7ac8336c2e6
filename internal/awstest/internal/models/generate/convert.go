package main

import (
	"log"
	"regexp"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// convert takes the operations from s, and all shapes that they reach.
func convert(s *source, operations []string) *models.Service {
	m := s.Metadata
	out := &models.Service{
		Version: m.APIVersion, Protocol: m.Protocol, Signing: m.SigningName,
		JSONVersion: m.JSONVersion, TargetPrefix: m.TargetPrefix, Namespace: m.XMLNamespace,
		Operations: make(map[string]*models.Operation),
		Shapes:     make(map[string]*models.Shape),
	}
	if out.Signing == "" {
		out.Signing = m.EndpointPrefix
	}
	for _, name := range operations {
		op := s.Operations[name]
		if op == nil {
			log.Fatalf("%s: no operation %s", m.EndpointPrefix, name)
		}
		out.Operations[name] = convertOperation(op)
		if uri := op.Input.XMLNamespace.URI; uri != "" { // of a service in REST and XML
			out.Namespace = uri
		}
		s.reach(out.Shapes, op.Input.Shape, op.Output.Shape)
		for _, e := range op.Errors {
			s.reach(out.Shapes, e.Shape)
		}
	}
	return out
}

func convertOperation(op *sourceOperation) *models.Operation {
	out := &models.Operation{
		Method: op.HTTP.Method, Path: op.HTTP.RequestURI, Status: op.HTTP.ResponseCode,
		Input: op.Input.Shape, Output: op.Output.Shape, Wrapper: op.Output.ResultWrapper,
	}
	if out.Status == 200 {
		out.Status = 0
	}
	for _, e := range op.Errors {
		out.Errors = append(out.Errors, e.Shape)
	}
	return out
}

// reach adds the named shapes to into, and all that they use.
func (s *source) reach(into map[string]*models.Shape, names ...string) {
	for _, name := range names {
		if name == "" || into[name] != nil {
			continue
		}
		shape := s.Shapes[name]
		into[name] = convertShape(name, shape)
		for _, m := range shape.Members {
			s.reach(into, m.Shape)
		}
		for _, m := range []*sourceMember{shape.Member, shape.Key, shape.Value} {
			if m != nil {
				s.reach(into, m.Shape)
			}
		}
	}
}

func convertShape(name string, s *sourceShape) *models.Shape {
	out := &models.Shape{
		Type: s.Type, Required: s.Required, Payload: s.Payload,
		Member: convertMember("", s.Member), Key: convertMember("", s.Key),
		Value: convertMember("", s.Value), Min: s.Min, Max: s.Max, Pattern: pattern(s.Pattern),
		Enum: s.Enum, Timestamp: s.TimestampFormat, Code: s.Error.Code,
		Status: s.Error.HTTPStatusCode,
	}
	if out.Code == name {
		out.Code = ""
	}
	if s.Type == "string" {
		limit(name, out)
	}
	for member, m := range s.Members {
		if out.Members == nil {
			out.Members = make(map[string]*models.Member)
		}
		out.Members[member] = convertMember(member, m)
	}
	return out
}

func convertMember(name string, m *sourceMember) *models.Member {
	if m == nil {
		return nil
	}
	out := &models.Member{Shape: m.Shape, Location: m.Location, Name: m.LocationName}
	if out.Name == name {
		out.Name = ""
	}
	return out
}

var lengths = regexp.MustCompile(`WithLengthBetween\d+And(\d+)(K?)$`)

// limit takes the lengths that apigatewayv2 has only in the names of its shapes. The lower ones
// do not hold: an empty string removes a parameter.
func limit(name string, s *models.Shape) {
	found := lengths.FindStringSubmatch(name)
	if found == nil || s.Min != nil || s.Max != nil {
		return
	}
	high, _ := strconv.ParseFloat(found[1], 64)
	if found[2] != "" {
		high *= 1024
	}
	s.Max = &high
}

var (
	unicodes   = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	surrogates = regexp.MustCompile(`\\uD800\\uDC00-\\uDBFF\\uDFFF`)
	lookbehind = regexp.MustCompile(`\(\?<!\\\.\)$`)
)

// pattern rewrites a pattern in Go's syntax. Everything that Go has no words for is written out
// by hand here; what is still not understood ends the program.
func pattern(p string) string {
	if p == "" {
		return ""
	}
	p = surrogates.ReplaceAllString(p, `\x{10000}-\x{10FFFF}`)
	// sts means all beyond the basic plane, and forgets that \u takes four digits only.
	p = strings.ReplaceAll(p, `\u10000-\u10FFFF`, `\x{10000}-\x{10FFFF}`)
	// lambda: the name of a bucket does not end in a dot.
	p = lookbehind.ReplaceAllString(p, `[0-9A-Za-z\-_]`)
	// lambda: the name of a collection does not begin with "system.".
	p = strings.ReplaceAll(p, `(^(?!(system\x2e)))(^`, `(^`)
	// lambda: a name that is no number.
	p = strings.ReplaceAll(p, `((?!^\d+$)^[0-9a-zA-Z-_]+$)`, `[0-9a-zA-Z-_]*[a-zA-Z-_][0-9a-zA-Z-_]*`)
	p = strings.ReplaceAll(p, `(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, `[0-9a-zA-Z-_]*[a-zA-Z-_][0-9a-zA-Z-_]*`)
	// lambda: some character that is no space.
	p = strings.ReplaceAll(p, `(?!\s*$).+`, `.*\S.*`)
	// acm: a label of a domain name does not begin with a hyphen.
	p = strings.NewReplacer(
		`(?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]`, `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`,
		`(?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9]`, `[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]`,
	).Replace(p)
	p = unicodes.ReplaceAllString(p, `\x{$1}`)
	if _, err := regexp.Compile(p); err != nil {
		log.Fatalf("pattern %s: %v", p, err)
	}
	return p
}
