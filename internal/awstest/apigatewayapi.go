package awstest

import (
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// An api is an API of API Gateway with everything that belongs to it.
type api struct {
	id           string
	members      map[string]any // of Api
	integrations shelf
	routes       shelf
	responses    map[string]shelf // of routes, by RouteId
	authorizers  shelf
	deployments  shelf
	stages       shelf               // by StageName
	snapshots    map[string]snapshot // by DeploymentId
}

// findAPI returns the API that an input names.
func findAPI(c *Cloud, in wire.Params) (*api, error) {
	if a := c.gateway.apis[in.Str("ApiId")]; a != nil {
		return a, nil
	}
	return nil, notThere("Invalid API identifier specified %s:%s", Account, in.Str("ApiId"))
}

// of makes the shelf of a kind from the shelf of an API.
func of(part func(*api) shelf) func(*Cloud, wire.Params) (shelf, error) {
	return func(c *Cloud, in wire.Params) (shelf, error) {
		a, err := findAPI(c, in)
		if err != nil {
			return nil, err
		}
		return part(a), nil
	}
}

func createAPI(c *Cloud, in wire.Params) (map[string]any, error) {
	if in.Str("ProtocolType") != "WEBSOCKET" {
		return nil, wire.Unserved("protocols other than WEBSOCKET")
	}
	id := c.NewID()
	a := &api{
		id: id, integrations: make(shelf), routes: make(shelf), responses: make(map[string]shelf),
		authorizers: make(shelf), deployments: make(shelf), stages: make(shelf),
		snapshots: make(map[string]snapshot), members: maps.Clone(map[string]any(in)),
	}
	complete(a.members, map[string]any{
		"ApiId": id, "ApiEndpoint": "wss://" + id + ".execute-api." + Region + ".amazonaws.com",
		"ApiKeySelectionExpression": "$request.header.x-api-key", "CreatedDate": c.Now(),
		"DisableExecuteApiEndpoint": false, "IpAddressType": "ipv4", "Tags": map[string]any{},
	})
	if err := checkAPI(a.members); err != nil {
		return nil, err
	}
	if err := checkTags(in.Obj("Tags")); err != nil {
		return nil, err
	}
	c.gateway.apis[id] = a
	return a.members, nil
}

// checkAPI checks the members of a new or changed API.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html)
func checkAPI(is wire.Params) error {
	if is.Str("Name") == "" {
		return badRequest("Invalid API name: it must not be empty")
	}
	if is.Str("RouteSelectionExpression") == "" {
		return badRequest("RouteSelectionExpression is required for WEBSOCKET protocol")
	}
	for _, name := range []string{"CorsConfiguration", "CredentialsArn", "RouteKey", "Target"} {
		if is.Has(name) {
			return badRequest("%s is not supported for WEBSOCKET protocol", name)
		}
	}
	return nil
}

func getAPI(c *Cloud, in wire.Params) (map[string]any, error) {
	a, err := findAPI(c, in)
	if err != nil {
		return nil, err
	}
	return a.members, nil
}

func getAPIs(c *Cloud, in wire.Params) (map[string]any, error) {
	all := make(shelf)
	for id, a := range c.gateway.apis {
		all[id] = a.members
	}
	return listShelf(c, all, in)
}

func updateAPI(c *Cloud, in wire.Params) (map[string]any, error) {
	a, err := findAPI(c, in)
	if err != nil {
		return nil, err
	}
	is := merge(a.members, in)
	if err := checkAPI(is); err != nil {
		return nil, err
	}
	a.members = is
	a.autoDeploy(c)
	return is, nil
}

func deleteAPI(c *Cloud, in wire.Params) (map[string]any, error) {
	a, err := findAPI(c, in)
	if err != nil {
		return nil, err
	}
	if c.gateway.mapped(a.id, "") {
		// https://github.com/gruntwork-io/cloud-nuke/issues/370
		return nil, badRequest("Deleting API %s failed. Please remove all API mappings for the API "+
			"from your custom domain names.", a.id)
	}
	delete(c.gateway.apis, a.id)
	return nil, nil
}
