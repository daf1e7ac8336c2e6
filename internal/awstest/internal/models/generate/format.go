package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// format writes a line for each operation and each shape, so that a newer model shows as a
// readable difference.
func format(f *models.File) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"Notice\": %s,\n\"Services\": {", encode(f.Notice))
	for i, name := range sorted(f.Services) {
		s := f.Services[name]
		operations, shapes := s.Operations, s.Shapes
		s.Operations, s.Shapes = nil, nil
		head := strings.TrimSuffix(encode(s), `,"Operations":null,"Shapes":null}`)
		fmt.Fprintf(&b, "%s\n%q: %s,\n\"Operations\": {%s},\n\"Shapes\": {%s}}",
			comma(i), name, head, lines(operations), lines(shapes))
	}
	b.WriteString("}}\n")
	return b.Bytes()
}

func lines[T any](m map[string]T) string {
	var b strings.Builder
	for i, name := range sorted(m) {
		fmt.Fprintf(&b, "%s\n%q: %s", comma(i), name, encode(m[name]))
	}
	return b.String()
}

func sorted[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// encode leaves <, > and & as they are.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
