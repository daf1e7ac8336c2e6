// Package application makes of a configuration and of what a program describes the application that
// should be on AWS.
package application

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// The logical names of the functions of an application.
const (
	ConnectFunction    = deploy.ConnectFunction
	MessageFunction    = deploy.MessageFunction
	DisconnectFunction = deploy.DisconnectFunction
	authorizeFunction  = deploy.AuthorizeFunction
	singleFunction     = deploy.SingleFunction // handles all events, with single_function
)

// A Blueprint has everything that determines an application on AWS.
type Blueprint struct {
	project.Config
	Dir         string // of the project
	Stage       string
	Description tyg.Description // of the program
	Use         GroupUse        // of the program
	Bundle      *deploy.Bundle

	// Canary is the share of the events of a new release, and Commit that of the project; see
	// [deploy.Application].
	Canary float64
	Commit string

	// Generated gives every function a generated policy, whatever the configuration says.
	Generated bool
}

// keptReleases is how many releases are kept where the configuration does not say.
const keptReleases = 5

// Application returns what should be on AWS.
func (b *Blueprint) Application() (deploy.Application, error) {
	s := b.At(b.Stage)
	err := errors.Join(CheckProgram(s), b.checkFunctions(s), b.checkTriggers(s), b.checkConnect(s))
	if err != nil {
		return deploy.Application{}, err
	}
	name, err := b.name()
	if err != nil {
		return deploy.Application{}, err
	}
	app := deploy.Application{
		Name: name, Stage: b.Stage, API: b.api(s), Tags: s.Tags, StateURL: s.State,
		CodeURL:  cmp.Or(s.CodeURL, s.State),
		RolePath: s.RolePath, PermissionsBoundary: s.PermissionsBoundary,
		Releases: valueOr(s.Releases, keptReleases), Canary: b.Canary, Commit: b.Commit,
	}
	if app.Tables, err = tables(s, name+"-"+b.Stage); err != nil {
		return app, fmt.Errorf("%s: %w", project.ConfigPath, err)
	}
	if app.Tables, err = b.withGroups(name, app.Tables); err != nil {
		return app, fmt.Errorf("%s: %w", project.ConfigPath, err)
	}
	app.Shards, app.Triggers = b.uses().Groups, triggers(s, b.Description.Triggers)
	for _, logical := range b.functions() {
		fn, err := b.lambda(logical, s, app.Tables)
		if err != nil {
			return app, fmt.Errorf("%s: function %s: %w", project.ConfigPath, logical, err)
		}
		app.Functions = append(app.Functions, fn)
	}
	return app, b.checkRoles(app.Functions)
}

// CheckProgram reports keys of the configuration for projects that are not a Go program, which
// deploy cannot build.
func CheckProgram(s project.StageConfig) error {
	switch {
	case len(s.Routes) > 0:
		return fmt.Errorf("%s: routes are for tyg local and tyg gateway; tyg deploys only Go programs, "+
			"whose routes are in the source", project.ConfigPath)
	case s.Authorizer != nil:
		return fmt.Errorf("%s: authorizer requires routes; a Go program has OnAuthorize",
			project.ConfigPath)
	case s.RouteSelection != "":
		return fmt.Errorf("%s: route_selection_expression requires routes; a Go program has "+
			"App.RouteSelection", project.ConfigPath)
	}
	return nil
}

// checkFunctions reports functions of the configuration that the program does not have.
func (b *Blueprint) checkFunctions(s project.StageConfig) error {
	known := b.functions()
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		if name == s.App { // which all functions are made of
			continue
		}
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: the application has no function %q%s; it has %s",
				project.ConfigPath, name, strict.DidYouMean(name, known), strings.Join(known, ", "))
		}
		f := b.Function(b.Stage, name)
		if len(f.Command) > 0 || f.Directory != "" || f.Runtime != "" || f.Handler != "" {
			return fmt.Errorf("%s: lambda_functions.%s: command, runtime, handler and directory require "+
				`routes, or "app": %[2]q for the program of the project`, project.ConfigPath, name)
		}
	}
	return nil
}

// checkConnect reports two authorizers.
func (b *Blueprint) checkConnect(s project.StageConfig) error {
	switch c := s.Connect; {
	case c == nil || c.Authorizer == nil && c.Authorization != "iam":
		return nil
	case b.Description.Authorizer != nil:
		return fmt.Errorf("%s: connect: the program has OnAuthorize, and API Gateway asks one "+
			"authorizer only; leave out one of them", project.ConfigPath)
	case c.Authorizer != nil && c.Authorizer.FunctionARN == "":
		return fmt.Errorf("%s: connect.authorizer: function_arn is not given", project.ConfigPath)
	}
	return nil
}

// name returns the name of the application, with which its names on AWS begin.
func (b *Blueprint) name() (string, error) {
	if b.AppName != "" {
		return b.AppName, nil // checked with the configuration
	}
	if err := project.CheckName(b.Description.Name); err != nil {
		return "", fmt.Errorf("%s has no app_name, and the program has an invalid name: %w",
			project.ConfigPath, err)
	}
	return b.Description.Name, nil
}

// functions returns the logical names of the required functions, in the order of their creation.
func (b *Blueprint) functions() []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if b.Description.Authorizer != nil {
		add(b.handler(authorizeFunction))
	}
	for _, r := range b.routes() {
		add(r.Function)
	}
	for _, name := range b.Description.Triggers {
		add(name)
	}
	return names
}

// handler returns the function that has the tasks of the named function.
func (b *Blueprint) handler(logical string) string {
	if valueOr(b.At(b.Stage).SingleFunction, false) {
		return singleFunction
	}
	return logical
}

// routes returns the routes of the API, $connect first. With an authorizer there is $connect even
// if the program does not handle it: API Gateway authorizes clients only for that route. Groups
// need routes, too.
func (b *Blueprint) routes() []deploy.Route {
	keys := withRoutes(b.Description.Keys(), b.groupRoutes()...)
	if b.Description.Authorizer != nil || b.At(b.Stage).Connect != nil {
		keys = withRoutes(keys, tyg.RouteConnect)
	}
	slices.SortStableFunc(keys, func(x, y string) int { return routeOrder(x) - routeOrder(y) })
	var routes []deploy.Route
	for _, key := range keys {
		routes = append(routes, deploy.Route{
			Key: key, Function: b.handler(functionOf(key)),
			Responds: b.Description.Responds(key),
		})
	}
	return routes
}

// routeOrder returns the rank of a route: the custom routes are between $default and $disconnect.
func routeOrder(key string) int {
	switch key {
	case "$connect":
		return 1
	case "$default":
		return 2
	case "$disconnect":
		return 4
	}
	return 3
}

func functionOf(route string) string {
	switch route {
	case "$connect":
		return ConnectFunction
	case "$disconnect":
		return DisconnectFunction
	}
	return MessageFunction
}

func (b *Blueprint) api(s project.StageConfig) deploy.API {
	api := deploy.API{
		Stage: s.APIGatewayStage, RouteSelection: b.Description.RouteSelection, Routes: b.routes(),
		Settings: settings(s), Variables: s.StageVariables, Open: b.Description.Open,
		IPAddressType: s.IPAddressType,
	}
	if a := b.Description.Authorizer; a != nil {
		api.Authorizer = &deploy.Authorizer{
			Function: b.handler(authorizeFunction), IdentitySources: a.IdentitySources,
		}
	}
	if c := s.Connect; c != nil {
		api.IAM, api.APIKey = c.Authorization == "iam", c.APIKeyRequired
		if a := c.Authorizer; a != nil {
			api.Authorizer = &deploy.Authorizer{
				ARN: a.FunctionARN, RoleARN: a.RoleARN, IdentitySources: a.IdentitySources,
			}
		}
	}
	if d := s.CustomDomain; d != nil {
		api.Domain = &deploy.Domain{
			Name: d.DomainName, CertificateARN: d.CertificateARN, TLSVersion: d.TLSVersion,
			Prefix: d.URLPrefix, Tags: d.Tags, IPAddressType: d.IPAddressType,
			Request: d.Certificate == "request", Zone: d.HostedZone,
		}
	}
	return api
}

func settings(s project.StageConfig) deploy.StageSettings {
	set := deploy.StageSettings{
		LoggingLevel: s.LoggingLevel, DataTrace: valueOr(s.DataTrace, false),
		DetailedMetrics: valueOr(s.DetailedMetrics, false),
	}
	if t := s.Throttling; t != nil {
		set.ThrottlingRate, set.ThrottlingBurst = t.RateLimit, t.BurstLimit
	}
	if l := s.AccessLog; l != nil {
		set.AccessLogARN = l.DestinationARN
		if set.AccessLogARN != "" || l.File == "" { // else the format is that of the file
			set.AccessLogFormat = l.Format
		}
	}
	return set
}

// Variables returns the variables of all functions together, because a program may read any of them
// before it describes itself.
func (b *Blueprint) Variables() map[string]string {
	s := b.At(b.Stage)
	all := make(map[string]string)
	maps.Copy(all, s.Environment.Here())
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		maps.Copy(all, b.Function(b.Stage, name).Environment.Here())
	}
	tables, err := tables(s, b.AppName+"-"+b.Stage)
	if err != nil {
		return all // Application reports the error
	}
	for _, t := range tables {
		all[t.Variable] = t.Name
	}
	return all
}
