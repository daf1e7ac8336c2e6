package wire

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// requestID is in the body of every answer of the query protocol.
const requestID = "<RequestId>00000000-0000-4000-8000-000000000000</RequestId>"

func (q query) encode(s *Service, name string, out map[string]any) *Response {
	op := s.model.Operations[name]
	var b strings.Builder
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", name, s.model.Namespace)
	if op.Output != "" {
		writeXML(&b, s, op.Wrapper, op.Output, out)
	}
	fmt.Fprintf(&b, "<ResponseMetadata>%s</ResponseMetadata></%sResponse>\n", requestID, name)
	return q.answer(http.StatusOK, b.String())
}

// writeXML writes an element with a normalised value of the named shape.
func writeXML(b *strings.Builder, s *Service, element, shape string, value any) {
	b.WriteString("<" + element + ">")
	switch v := value.(type) {
	case map[string]any:
		if of := s.shape(shape); of.Type == "map" {
			for _, key := range slices.Sorted(maps.Keys(v)) {
				b.WriteString("<entry>")
				writeXML(b, s, of.Key.Wire("key"), of.Key.Shape, key)
				writeXML(b, s, of.Value.Wire("value"), of.Value.Shape, v[key])
				b.WriteString("</entry>")
			}
			break
		}
		members := s.shape(shape).Members
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if m := members[name]; m != nil {
				writeXML(b, s, m.Wire(name), m.Shape, v[name])
			}
		}
	case []any:
		m := s.shape(shape).Member
		for _, value := range v {
			writeXML(b, s, m.Wire("member"), m.Shape, value)
		}
	case time.Time:
		b.WriteString(v.UTC().Format(time.RFC3339))
	default:
		escapeXML(b, fmt.Sprint(v))
	}
	b.WriteString("</" + element + ">")
}

func escapeXML(b *strings.Builder, text string) {
	if err := xml.EscapeText(b, []byte(text)); err != nil {
		panic(err) // a strings.Builder does not fail
	}
}

func (q query) fail(s *Service, e *Error) *Response {
	kind := "Sender"
	if e.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<ErrorResponse xmlns=%q><Error><Type>%s</Type><Code>%s</Code><Message>",
		s.model.Namespace, kind, e.Code)
	escapeXML(&b, e.Message)
	fmt.Fprintf(&b, "</Message></Error>%s</ErrorResponse>\n", requestID)
	return q.answer(e.Status, b.String())
}

func (query) answer(status int, body string) *Response {
	return &Response{
		Status: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body),
	}
}
