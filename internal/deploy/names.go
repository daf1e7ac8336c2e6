package deploy

import "github.com/tyg-dev/tyg/internal/deploy/spec"

// What package spec describes, under the names by which commands know it.
type (
	Application   = spec.Application
	Function      = spec.Function
	Role          = spec.Role
	API           = spec.API
	Route         = spec.Route
	Authorizer    = spec.Authorizer
	StageSettings = spec.StageSettings
	Table         = spec.Table
	Attribute     = spec.Attribute
	Index         = spec.Index
	Domain        = spec.Domain
	Bundle        = spec.Bundle
	Account       = spec.Account
	Policy        = spec.Policy
	Statement     = spec.Statement
)

// NewBundle is [spec.NewBundle].
func NewBundle(bootstrap []byte) (*Bundle, error) { return spec.NewBundle(bootstrap) }

// GeneratedPolicy is [spec.GeneratedPolicy].
func GeneratedPolicy(app Application, account Account, apiID string) Policy {
	return spec.GeneratedPolicy(app, account, apiID)
}
