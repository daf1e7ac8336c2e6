package awstest

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// Unserved returns operations that the models have and this package has not, and the reverse.
func Unserved() (missing, extra []string) {
	for _, s := range New().services {
		for _, name := range s.Operations() {
			r := &request{Request: &wire.Request{Service: s.Service, Operation: name}}
			if s.operations[name] == nil && !r.servesItems() {
				missing = append(missing, s.Name+" "+name)
			}
		}
		for name := range s.operations {
			if !slices.Contains(s.Operations(), name) {
				extra = append(extra, s.Name+" "+name)
			}
		}
	}
	return missing, extra
}

// Fail returns an error as operations do.
func Fail(status int, code string) error { return wire.Fail(status, code, "message") }

// Answer makes an operation answer with out or err.
func (c *Cloud) Answer(service, name string, out map[string]any, err error) {
	c.services[service].operations[name] = func(wire.Params) (map[string]any, error) {
		return out, err
	}
}
