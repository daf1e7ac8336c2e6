package deploy_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// gateway is a client of API Gateway.
func (r *rig) gateway() *apigatewayv2.Client { return apigatewayv2.NewFromConfig(r.config()) }

// api returns the id of the API in the state file.
func (r *rig) api(t *testing.T) string {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	if err != nil {
		t.Fatal(err)
	}
	res, ok := state.Find(deploy.TypeAPI, "websocket_api")
	if !ok || res.APIID == "" {
		t.Fatalf("the state file has no API: %v", state.Resources)
	}
	return res.APIID
}

// published returns what is live.
func (r *rig) published(t *testing.T, stage string) awstest.Live {
	t.Helper()
	live, err := r.aws.Live(r.api(t), stage)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// calls counts the calls of an operation.
func (r *rig) calls(operation string) (n int) {
	for _, c := range r.aws.Calls() {
		if c.Operation == operation {
			n++
		}
	}
	return n
}

// apis returns the ids of all APIs.
func (r *rig) apis() (ids []string) {
	for _, name := range r.aws.Resources() {
		if rest, ok := strings.CutPrefix(name, "apigatewayv2 api "); ok {
			id, _, _ := strings.Cut(rest, " ")
			ids = append(ids, id)
		}
	}
	return ids
}

// strange makes an API by hand.
func (r *rig) strange(t *testing.T, name string, tags map[string]string) string {
	t.Helper()
	out, err := r.gateway().CreateApi(t.Context(), &apigatewayv2.CreateApiInput{
		Name: &name, ProtocolType: types.ProtocolTypeWebsocket,
		RouteSelectionExpression: aws.String("$request.body.action"), Tags: tags,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ApiId
}

const echoAPI = "echo-server-dev-websocket-api"

func echoTag() map[string]string { return map[string]string{"tyg": "echo-server/dev"} }

func TestFirstDeployIsLive(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	r.settled(t, app)
	live := r.published(t, "api")
	if got, want := live.RouteSelection, tyg.DefaultRouteSelection; got != want {
		t.Errorf("route selection is %q, want %q", got, want)
	}
	if got := countOf(r.printed, "Creating websocket api: "+echoAPI); got != 1 {
		t.Errorf("the API was said to be created %d times: %q", got, r.printed)
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	res, _ := state.Find(deploy.TypeAPI, "websocket_api")
	want := "wss://" + res.APIID + ".execute-api.us-west-2.amazonaws.com/api/"
	if res.APIURL != want || res.APIName != echoAPI {
		t.Errorf("the state file has %+v, want url %s", res, want)
	}
}

func countOf(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

func TestC1RoutesAreLiveAfterAnUpdate(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	app.Functions = append(app.Functions, function(t, "websocket_connect", "one"))
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: tyg.RouteConnect, Function: "websocket_connect"})
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	r.settled(t, app)
	if got := countOf(r.printed, "Updating websocket api: "+echoAPI); got != 1 {
		t.Errorf("the API was said to be updated %d times: %q", got, r.printed)
	}

	app.Functions, app.API.Routes = app.Functions[:1], app.API.Routes[:1]
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	must(t, r.deploy(t.Context(), app)) // deletes what the routes before called
	r.settled(t, app)
	if got := r.calls("CreateDeployment"); got != 2 {
		t.Errorf("%d deployments were made of two different APIs", got)
	}
}

// A plan compares the live deployment: here an old one was restored by hand.
func TestC1LiveDeploymentIsCompared(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	old := r.deployment(t, "api")
	app.API.Routes = append(app.API.Routes, deploy.Route{Key: "ask", Function: "websocket_message"})
	must(t, r.deploy(t.Context(), app))
	_, err := r.gateway().UpdateStage(t.Context(), &apigatewayv2.UpdateStageInput{
		ApiId: aws.String(r.api(t)), StageName: aws.String("api"), DeploymentId: &old,
	})
	must(t, err)
	before := r.calls("CreateDeployment")
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	r.settled(t, app)
	if got := r.calls("CreateDeployment"); got != before {
		t.Errorf("%d deployments were made of what was deployed before", got-before)
	}
}

func (r *rig) deployment(t *testing.T, stage string) string {
	t.Helper()
	out, err := r.gateway().GetStage(t.Context(), &apigatewayv2.GetStageInput{
		ApiId: aws.String(r.api(t)), StageName: &stage,
	})
	must(t, err)
	return aws.ToString(out.DeploymentId)
}

func TestC1AStageIsRenamed(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	app.API.Stage = "v2"
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	r.settled(t, app)
	if _, err := r.aws.Live(r.api(t), "api"); err == nil {
		t.Error("the stage of the old name is still there")
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	if res, _ := state.Find(deploy.TypeAPI, "websocket_api"); !strings.HasSuffix(res.APIURL, "/v2/") {
		t.Errorf("the state file has the URL %s", res.APIURL)
	}
}

// A stage that tyg has not created stays.
func TestForeignStagesStay(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	_, err := r.gateway().CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: aws.String(r.api(t)), StageName: aws.String("canary"),
		DeploymentId: aws.String(r.deployment(t, "api")),
	})
	must(t, err)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		app.API.Routes = append(app.API.Routes, deploy.Route{Key: key, Function: "websocket_message"})
		must(t, r.deploy(t.Context(), app))
	}
	r.settled(t, app)
	if n := len(r.published(t, "canary").Routes); n != 1 {
		t.Errorf("the foreign stage has %d routes, want 1", n)
	}
}

func TestOldDeploymentsAreDeleted(t *testing.T) {
	r, app := newRig(t), echo(t)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		app.API.Routes = append(app.API.Routes, deploy.Route{Key: key, Function: "websocket_message"})
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
	}
	if made, gone := r.calls("CreateDeployment"), r.calls("DeleteDeployment"); made-gone != 3 {
		t.Errorf("%d deployments were made and %d deleted, want 3 left", made, gone)
	}
	r.live(t, app)
}

func TestC3TheAPIIsFoundAgainByNameAndTag(t *testing.T) {
	r, app := newRig(t), echo(t)
	must(t, r.deploy(t.Context(), app))
	id := r.api(t)
	must(t, os.Remove(r.file))
	must(t, r.deploy(t.Context(), app))
	if got := r.api(t); got != id {
		t.Errorf("another API, %s, was used, not %s", got, id)
	}
	if got := r.apis(); len(got) != 1 {
		t.Errorf("there are APIs %v", got)
	}
	r.settled(t, app)
}

func TestC3OrphanedAPIsAreDeleted(t *testing.T) {
	r, app := newRig(t), echo(t)
	r.strange(t, echoAPI, echoTag())
	r.strange(t, echoAPI, echoTag())
	must(t, r.deploy(t.Context(), app))
	r.strange(t, echoAPI, echoTag())
	must(t, r.deploy(t.Context(), app))
	if got := r.apis(); len(got) != 1 || got[0] != r.api(t) {
		t.Errorf("there are APIs %v, want %s", got, r.api(t))
	}
	r.live(t, app)
}

func TestC3ALostAnswerMakesNoSecondThing(t *testing.T) {
	operations := []string{
		"CreateApi", "CreateIntegration", "CreateAuthorizer", "CreateRoute", "CreateRouteResponse",
		"CreateDeployment", "CreateStage", "CreateDomainName", "CreateApiMapping",
	}
	for _, i := range sampletest.Numbers(t, len(operations), 3) {
		operation := operations[i]
		t.Run(operation, func(t *testing.T) {
			r, app := newRig(t), everything(t)
			once := false
			r.aws.SetFault(func(_ int, _, called string) awstest.Fault {
				if once || called != operation {
					return awstest.None
				}
				once = true
				return awstest.Lose
			})
			must(t, r.deploy(t.Context(), app))
			r.live(t, app)
			r.settled(t, app)
			must(t, r.delete(t.Context(), app))
			r.empty(t)
		})
	}
}

func TestUnownedAPIIsAConflict(t *testing.T) {
	r, app := newRig(t), echo(t)
	id := r.strange(t, echoAPI, map[string]string{"tyg": "echo-server/prod"})
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), echoAPI) ||
		!strings.Contains(err.Error(), "its tag tyg is echo-server/prod") {
		t.Errorf("got %v, want an error that names the API and the tag", err)
	}
	if got := r.apis(); !slices.Equal(got, []string{id}) {
		t.Errorf("there are APIs %v", got)
	}
}

func TestManualChangesAreReverted(t *testing.T) {
	r, app := newRig(t), everything(t)
	must(t, r.deploy(t.Context(), app))
	id, api := r.api(t), r.gateway()
	_, err := api.UpdateApi(t.Context(), &apigatewayv2.UpdateApiInput{
		ApiId: &id, RouteSelectionExpression: aws.String("$request.body.kind"),
	})
	must(t, err)
	arn := "arn:aws:apigateway:us-west-2::/apis/" + id
	_, err = api.TagResource(t.Context(), &apigatewayv2.TagResourceInput{
		ResourceArn: &arn, Tags: map[string]string{"team": "coffee", "odd": "1"},
	})
	must(t, err)
	routes, err := api.GetRoutes(t.Context(), &apigatewayv2.GetRoutesInput{ApiId: &id})
	must(t, err)
	_, err = api.UpdateRoute(t.Context(), &apigatewayv2.UpdateRouteInput{
		ApiId: &id, RouteId: routes.Items[0].RouteId, ApiKeyRequired: aws.Bool(true),
	})
	must(t, err)
	integrations, err := api.GetIntegrations(t.Context(),
		&apigatewayv2.GetIntegrationsInput{ApiId: &id})
	must(t, err)
	_, err = api.UpdateIntegration(t.Context(), &apigatewayv2.UpdateIntegrationInput{
		ApiId: &id, IntegrationId: integrations.Items[0].IntegrationId,
		ContentHandlingStrategy: types.ContentHandlingStrategyConvertToBinary,
	})
	must(t, err)
	_, err = api.UpdateStage(t.Context(), &apigatewayv2.UpdateStageInput{
		ApiId: &id, StageName: aws.String("api"), AutoDeploy: aws.Bool(true),
	})
	must(t, err)

	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	r.settled(t, app)
}

// TestC26AllPagesAreRead has more of everything than fits a page of the stand-in.
func TestC26AllPagesAreRead(t *testing.T) {
	r, app := newRig(t), everything(t)
	for _, name := range []string{"x1", "x2", "x3", "x4"} {
		r.strange(t, name, nil)
		app.Functions = append(app.Functions, function(t, name, "one"))
		app.API.Routes = append(app.API.Routes, deploy.Route{Key: name, Function: name})
	}
	must(t, r.deploy(t.Context(), app))
	for _, name := range []string{"s1", "s2", "s3"} {
		_, err := r.gateway().CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
			ApiId: aws.String(r.api(t)), StageName: &name,
		})
		must(t, err)
		_, err = r.gateway().CreateApiMapping(t.Context(), &apigatewayv2.CreateApiMappingInput{
			ApiId: aws.String(r.api(t)), Stage: &name, DomainName: aws.String("chat.example.com"),
			ApiMappingKey: &name,
		})
		must(t, err)
	}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.live(t, app)
	must(t, os.Remove(r.file))
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	if got := len(r.apis()); got != 5 {
		t.Errorf("there are %d APIs, want 5", got)
	}
}

func TestC2DeleteOfAnAPIThatWasNeverRecorded(t *testing.T) {
	r, app := newRig(t), echo(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "CreateApi" {
			cancel()
		}
		return awstest.None
	})
	if err := r.deploy(ctx, app); err == nil {
		t.Fatal("a run that was killed reports success")
	}
	r.aws.SetFault(nil)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}
