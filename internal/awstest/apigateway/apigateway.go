// Package apigateway is the control plane of API Gateway v2 for WebSocket APIs in memory. Changes
// of an API are live only after a deployment.
package apigateway

import (
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what API Gateway keeps.
type State struct {
	*account.Account

	// Issued reports whether a certificate may be used.
	Issued func(arn string) bool

	functions *lambda.State
	apis      map[string]*api    // by ApiId
	domains   map[string]*domain // by DomainName
	mayLog    bool               // the account has a role for the logs of stages
}

// New returns the state of an empty account, whose functions are in functions.
func New(a *account.Account, functions *lambda.State) *State {
	return &State{
		Account: a, functions: functions, apis: make(map[string]*api), domains: make(map[string]*domain),
		Issued: func(string) bool { return true },
	}
}

// Resources names the APIs and the domain names. The parts of an API are deleted with it and are
// not named.
func (s *State) Resources() []string {
	var all []string
	for id, a := range s.apis {
		name, _ := a.members["Name"].(string)
		all = append(all, "apigatewayv2 api "+id+" "+name)
	}
	for name := range s.domains {
		all = append(all, "apigatewayv2 domain "+name)
	}
	return all
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	all := map[string]wire.Operation{
		"CreateApi":               s.createAPI,
		"GetApi":                  s.getAPI,
		"GetApis":                 s.getAPIs,
		"UpdateApi":               s.updateAPI,
		"DeleteApi":               s.deleteAPI,
		"CreateDomainName":        s.createDomainName,
		"GetDomainName":           s.getDomainName,
		"GetDomainNames":          s.getDomainNames,
		"UpdateDomainName":        s.updateDomainName,
		"DeleteDomainName":        s.deleteDomainName,
		"TagResource":             s.tagResource,
		"GetTags":                 s.getTags,
		"UntagResource":           s.untagResource,
		"DeleteRouteSettings":     s.deleteRouteSettings,
		"DeleteAccessLogSettings": s.deleteAccessLogSettings,
	}
	for _, k := range []kind{
		s.integrationKind(), s.routeKind(), s.routeResponseKind(), s.authorizerKind(),
		s.deploymentKind(), s.stageKind(), s.mappingKind(),
	} {
		maps.Copy(all, k.operations())
	}
	return all
}
