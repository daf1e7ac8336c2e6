package awstest

import (
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A snapshot is what of an API a deployment makes live: later changes are not in it.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html)
type snapshot struct {
	selection    string
	disabled     bool // the default endpoint
	integrations shelf
	routes       shelf
	responses    map[string]shelf
	authorizers  shelf
}

func (a *api) snapshot() snapshot {
	responses := make(map[string]shelf)
	for id, on := range a.responses {
		responses[id] = maps.Clone(on)
	}
	return snapshot{
		selection:    wire.Params(a.members).Str("RouteSelectionExpression"),
		disabled:     wire.Params(a.members).Flag("DisableExecuteApiEndpoint"),
		integrations: maps.Clone(a.integrations), routes: maps.Clone(a.routes),
		responses: responses, authorizers: maps.Clone(a.authorizers),
	}
}

func deploymentKind() kind {
	return kind{
		name: "Deployment", key: "DeploymentId", path: []string{"ApiId", "StageName"},
		shelf: of(func(a *api) shelf { return a.deployments }), finish: finishDeployment,
		leave: leaveDeployment,
	}
}

// finishDeployment takes the snapshot of a new deployment.
func finishDeployment(c *Cloud, in wire.Params, was, is map[string]any) error {
	if was != nil {
		return nil
	}
	a := c.gateway.apis[in.Str("ApiId")]
	if len(a.routes) == 0 {
		// https://github.com/aws/serverless-application-model/issues/2512
		return badRequest("At least one route is required before deploying the Api.")
	}
	id := is["DeploymentId"].(string)
	if name := in.Str("StageName"); name != "" {
		// Whether API Gateway would make the stage is not documented: nobody should rely on it.
		if a.stages[name] == nil {
			return notThere("Unable to find Stage by name %s within the API", name)
		}
		a.stages[name] = merge(a.stages[name], map[string]any{"DeploymentId": id})
	}
	a.snapshots[id] = a.snapshot()
	complete(is, deployed(c, false))
	return nil
}

func deployed(c *Cloud, auto bool) map[string]any {
	return map[string]any{
		"AutoDeployed": auto, "CreatedDate": c.Now(), "DeploymentStatus": "DEPLOYED",
	}
}

// leaveDeployment: https://github.com/hashicorp/terraform-provider-aws/issues/19805
func leaveDeployment(c *Cloud, in wire.Params, was map[string]any) error {
	a := c.gateway.apis[in.Str("ApiId")]
	for _, stage := range a.stages {
		if stage["DeploymentId"] == was["DeploymentId"] {
			return badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
	}
	delete(a.snapshots, in.Str("DeploymentId"))
	return nil
}

// autoDeploy deploys the API to those of its stages that ask for it.
func (a *api) autoDeploy(c *Cloud) {
	for name, stage := range a.stages {
		if stage["AutoDeploy"] != true || len(a.routes) == 0 {
			continue
		}
		id := c.NewID()
		a.snapshots[id] = a.snapshot()
		a.deployments[id] = deployed(c, true)
		a.deployments[id]["DeploymentId"] = id
		a.stages[name] = merge(stage, map[string]any{"DeploymentId": id})
	}
}
