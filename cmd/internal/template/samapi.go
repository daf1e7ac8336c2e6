package template

import (
	"cmp"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
)

// samStage is the stage of an API of SAM that names none.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-websocketapi.html)
const samStage = "default"

// addSAMAPI adds the stage, the routes and the authorizer of an API whose resources SAM makes.
func (b *builder) addSAMAPI(id string) (err error) {
	get := func(key string) *yaml.Node {
		if own := member(b.resources, id, "Properties", key); own != nil {
			return own
		}
		return member(b.root, "Globals", "WebSocketApi", key)
	}
	c := &b.result.Config
	if c.APIGatewayStage, err = b.text(get("StageName")); err != nil {
		return err
	}
	c.APIGatewayStage = cmp.Or(c.APIGatewayStage, samStage)
	b.names[id+".Stage"] = c.APIGatewayStage
	if c.RouteSelection, err = b.text(get("RouteSelectionExpression")); err != nil {
		return err
	}
	if c.StageVariables, err = b.texts(get("StageVariables")); err != nil {
		return err
	}
	err = members(get("Routes"), func(key string, route *yaml.Node) error {
		function := b.functionIn(member(route, "FunctionArn"), 0)
		if function == "" {
			return b.errorf(route, "route %s has no FunctionArn of a function of this template", key)
		}
		c.Routes[key] = backend.Route{
			Target:   backend.Target{Function: function},
			Response: member(route, "RouteResponseSelectionExpression") != nil,
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.addSAMAuth(get("Auth"))
}

// addSAMAuth adds the authorizer of the route $connect.
func (b *builder) addSAMAuth(auth *yaml.Node) error {
	kind, err := b.text(member(auth, "AuthType"))
	switch {
	case err != nil:
		return err
	case kind == "AWS_IAM":
		b.noteIAM()
	case kind == "CUSTOM":
		target := backend.Target{Function: b.functionIn(member(auth, "AuthArn"), 0)}
		return b.setAuthorizer(auth, target, member(auth, "IdentitySource"))
	}
	return nil
}
