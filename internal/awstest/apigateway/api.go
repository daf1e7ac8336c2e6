package apigateway

import (
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// An api is an API of API Gateway with everything that belongs to it.
type api struct {
	id           string
	members      map[string]any // of Api
	integrations collection
	routes       collection
	responses    map[string]collection // of routes, by RouteId
	authorizers  collection
	deployments  collection
	before       map[string]snapshot // what a stage served until its last UpdateStage, by its name
	stages       collection          // by StageName
	snapshots    map[string]snapshot // by DeploymentId
}

// findAPI returns the API that an input names.
func (s *State) findAPI(in wire.Params) (*api, error) {
	if a := s.apis[in.Str("ApiId")]; a != nil {
		return a, nil
	}
	return nil, notFound("Invalid API identifier specified %s:%s", account.ID, in.Str("ApiId"))
}

// ofAPI returns the function that finds a collection of the API that an input names.
func (s *State) ofAPI(part func(*api) collection) func(wire.Params) (collection, error) {
	return func(in wire.Params) (collection, error) {
		a, err := s.findAPI(in)
		if err != nil {
			return nil, err
		}
		return part(a), nil
	}
}

func (s *State) createAPI(in wire.Params) (map[string]any, error) {
	if in.Str("ProtocolType") != "WEBSOCKET" {
		return nil, wire.Unserved("protocols other than WEBSOCKET")
	}
	id := s.NewID()
	a := &api{
		id: id, members: maps.Clone(map[string]any(in)),
		integrations: make(collection), routes: make(collection),
		responses: make(map[string]collection), authorizers: make(collection),
		before:      make(map[string]snapshot),
		deployments: make(collection), stages: make(collection),
		snapshots: make(map[string]snapshot),
	}
	complete(a.members, map[string]any{
		"ApiId":                     id,
		"ApiEndpoint":               "wss://" + id + ".execute-api." + account.Region + ".amazonaws.com",
		"ApiKeySelectionExpression": "$request.header.x-api-key", "CreatedDate": s.Now(),
		"DisableExecuteApiEndpoint": false, "IpAddressType": "ipv4", "Tags": map[string]any{},
	})
	if err := checkAPI(a.members); err != nil {
		return nil, err
	}
	if err := checkTags(in.Obj("Tags")); err != nil {
		return nil, err
	}
	s.apis[id] = a
	return a.members, nil
}

// checkAPI checks the members of a new or changed API.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html)
func checkAPI(members wire.Params) error {
	if members.Str("Name") == "" {
		return badRequest("Invalid API name: it must not be empty")
	}
	if members.Str("RouteSelectionExpression") == "" {
		return badRequest("RouteSelectionExpression is required for WEBSOCKET protocol")
	}
	for _, name := range []string{"CorsConfiguration", "CredentialsArn", "RouteKey", "Target"} {
		if members.Has(name) {
			return badRequest("%s is not supported for WEBSOCKET protocol", name)
		}
	}
	return nil
}

func (s *State) getAPI(in wire.Params) (map[string]any, error) {
	a, err := s.findAPI(in)
	if err != nil {
		return nil, err
	}
	return a.members, nil
}

func (s *State) getAPIs(in wire.Params) (map[string]any, error) {
	all := make(collection)
	for id, a := range s.apis {
		all[id] = a.members
	}
	return s.listCollection(all, in)
}

func (s *State) updateAPI(in wire.Params) (map[string]any, error) {
	a, err := s.findAPI(in)
	if err != nil {
		return nil, err
	}
	members := merge(a.members, in)
	if err := checkAPI(members); err != nil {
		return nil, err
	}
	a.members = members
	a.autoDeploy(s)
	return members, nil
}

func (s *State) deleteAPI(in wire.Params) (map[string]any, error) {
	a, err := s.findAPI(in)
	if err != nil {
		return nil, err
	}
	if s.mapped(a.id, "") {
		// https://github.com/gruntwork-io/cloud-nuke/issues/370
		return nil, badRequest("Deleting API %s failed. Please remove all API mappings for the API "+
			"from your custom domain names.", a.id)
	}
	delete(s.apis, a.id)
	return nil, nil
}
