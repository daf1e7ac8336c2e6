package apigateway

import (
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A snapshot is the part of an API that a deployment makes live, without later changes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html)
type snapshot struct {
	selection    string
	disabled     bool // the default endpoint
	integrations collection
	routes       collection
	responses    map[string]collection
	authorizers  collection
}

func (a *api) snapshot() snapshot {
	responses := make(map[string]collection)
	for id, all := range a.responses {
		responses[id] = maps.Clone(all)
	}
	return snapshot{
		selection:    wire.Params(a.members).Str("RouteSelectionExpression"),
		disabled:     wire.Params(a.members).Flag("DisableExecuteApiEndpoint"),
		integrations: maps.Clone(a.integrations), routes: maps.Clone(a.routes),
		responses: responses, authorizers: maps.Clone(a.authorizers),
	}
}

func (s *State) deploymentKind() kind {
	return kind{
		state: s,
		name:  "Deployment", key: "DeploymentId", path: []string{"ApiId", "StageName"},
		collection: s.ofAPI(func(a *api) collection { return a.deployments }),
		prepare:    s.prepareDeployment, beforeDelete: s.beforeDeleteDeployment,
	}
}

// prepareDeployment takes the snapshot of a new deployment.
func (s *State) prepareDeployment(
	in wire.Params, old map[string]any, deployment wire.Params,
) error {
	if old != nil {
		return nil
	}
	a := s.apis[in.Str("ApiId")]
	if len(a.routes) == 0 {
		// https://github.com/aws/serverless-application-model/issues/2512
		return badRequest("At least one route is required before deploying the Api.")
	}
	id := deployment.Str("DeploymentId")
	if name := in.Str("StageName"); name != "" {
		// Whether API Gateway would make the stage is not documented: do not rely on it.
		if a.stages[name] == nil {
			return notFound("Unable to find Stage by name %s within the API", name)
		}
		a.stages[name] = merge(a.stages[name], map[string]any{"DeploymentId": id})
	}
	a.snapshots[id] = a.snapshot()
	complete(deployment, s.deployed(false))
	return nil
}

func (s *State) deployed(auto bool) map[string]any {
	return map[string]any{
		"AutoDeployed": auto, "CreatedDate": s.Now(), "DeploymentStatus": "DEPLOYED",
	}
}

// beforeDeleteDeployment refuses while a stage points to the deployment.
// (https://github.com/hashicorp/terraform-provider-aws/issues/19805)
func (s *State) beforeDeleteDeployment(in wire.Params, old map[string]any) error {
	a := s.apis[in.Str("ApiId")]
	for _, stage := range a.stages {
		if stage["DeploymentId"] == old["DeploymentId"] {
			return badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
	}
	delete(a.snapshots, in.Str("DeploymentId"))
	return nil
}

// autoDeploy deploys the API to those of its stages that ask for it.
func (a *api) autoDeploy(s *State) {
	for name, stage := range a.stages {
		if stage["AutoDeploy"] != true || len(a.routes) == 0 {
			continue
		}
		id := s.NewID()
		a.snapshots[id] = a.snapshot()
		a.deployments[id] = s.deployed(true)
		a.deployments[id]["DeploymentId"] = id
		a.stages[name] = merge(stage, map[string]any{"DeploymentId": id})
	}
}
