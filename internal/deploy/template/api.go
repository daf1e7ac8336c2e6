package template

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// called reports whether the API calls a function.
func called(app spec.Application, fn spec.Function) bool {
	if a := app.API.Authorizer; a != nil && a.Function == fn.LogicalName {
		return true
	}
	return slices.ContainsFunc(app.API.Routes, func(r spec.Route) bool {
		return r.Function == fn.LogicalName
	})
}

// guarded reports whether the authorizer is asked before a route. API Gateway has that for $connect
// only.
func guarded(app spec.Application, r spec.Route) bool {
	return app.API.Authorizer != nil && r.Key == tyg.RouteConnect
}

func securityPolicy(d *spec.Domain) string { return cmp.Or(d.TLSVersion, "TLS_1_2") }

// mappingKey returns the path of a domain name below which the API is, as API Gateway has it.
func mappingKey(d *spec.Domain) string { return strings.Trim(d.Prefix, "/") }
