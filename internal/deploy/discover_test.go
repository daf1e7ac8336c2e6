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

	"github.com/tyg-dev/tyg/internal/deploy"
)

// forget is what a fresh checkout does.
func (r *rig) forget(t *testing.T) {
	t.Helper()
	must(t, os.Remove(r.file))
}

// TestDeleteWithoutAStateFileLeavesNothing deletes from a fresh checkout, which knows the names of
// the application, its tables and its domain name.
func TestDeleteWithoutAStateFileLeavesNothing(t *testing.T) {
	for name, app := range map[string]deploy.Application{
		"everything": everything(t), "changed": changed(t), "echo": echo(t),
		"triggers": triggered(t), "stream of a table": streamed(t), "certificate": requested(t),
	} {
		t.Run(name, func(t *testing.T) {
			r := newSources(t)
			addZones(t, r)
			must(t, r.deploy(t.Context(), app))
			r.forget(t)
			must(t, r.deploy(t.Context(), app)) // which finds all of it
			r.settled(t, app)
			r.forget(t)
			known := app
			known.Functions, known.API.Routes, known.API.Authorizer = nil, nil, nil
			must(t, r.delete(t.Context(), known))
			r.empty(t)
		})
	}
}

// TestDeleteWithoutAStateFileGoesOn fails a call of a delete from a fresh checkout.
func TestDeleteWithoutAStateFileGoesOn(t *testing.T) {
	eachCall(t, append(failures(), refusals()...),
		func(t *testing.T, r *rig) {
			must(t, r.deploy(t.Context(), everything(t)))
			r.forget(t)
		},
		func(ctx context.Context, r *rig) error { return r.delete(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), everything(t)))
			r.empty(t)
		})
}

// TestDeleteLeavesOtherApplications has one with the same names and another tag.
func TestDeleteLeavesOtherApplications(t *testing.T) {
	r := newRig(t)
	other := everything(t)
	other.Name, other.Stage = "chat-dev", "x" // whose names begin as those of chat, stage dev-x
	must(t, r.deploy(t.Context(), other))
	r.forget(t)
	before := r.aws.Resources()
	same := everything(t)
	same.Name, same.Stage, same.API.Domain, same.Tables = "chat", "dev-x", nil, nil
	must(t, r.delete(t.Context(), same))
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
}

// TestDeployWithoutAStateFileFindsWhatIsNoLongerNeeded deploys a change from a fresh checkout.
func TestDeployWithoutAStateFileFindsWhatIsNoLongerNeeded(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	for range 2 { // the second deletes functions that the routes before called
		r.forget(t)
		must(t, r.deploy(t.Context(), changed(t)))
	}
	r.settled(t, changed(t))
	for _, res := range r.aws.Resources() {
		if strings.Contains(res, "websocket_authorizer") {
			t.Errorf("%s is left", res)
		}
	}
	must(t, r.delete(t.Context(), changed(t)))
	r.empty(t)
}

// TestTwoLiveAPIsAreAConflict has two live APIs of one stage, as two deploys from two checkouts may
// make them. A deploy from any checkout then says which two there are, and a delete deletes both.
func TestTwoLiveAPIsAreAConflict(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	ids := []string{r.apiID(t), r.secondAPI(t)}
	before := r.aws.Resources()
	for _, fresh := range []bool{false, true} {
		if fresh {
			r.forget(t)
		}
		err := r.deploy(t.Context(), echo(t))
		for _, id := range ids {
			if err == nil || !strings.Contains(err.Error(), id) {
				t.Errorf("the error is %v; want %s in it", err, id)
			}
		}
	}
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
	must(t, r.delete(t.Context(), echo(t)))
	r.empty(t)
}

// apiID returns the id of the API in the state file.
func (r *rig) apiID(t *testing.T) string {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	return api.APIID
}

// secondAPI makes another live API of echo, without a deployer, and returns its id.
func (r *rig) secondAPI(t *testing.T) string {
	t.Helper()
	app, client := echo(t), apigatewayv2.NewFromConfig(r.config())
	api, err := client.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{
		Name: aws.String(app.APIName()), ProtocolType: types.ProtocolTypeWebsocket,
		RouteSelectionExpression: aws.String(app.API.Selection()), Tags: app.ResourceTags(nil),
	})
	must(t, err)
	_, err = client.CreateRoute(t.Context(), &apigatewayv2.CreateRouteInput{
		ApiId: api.ApiId, RouteKey: aws.String("$default"),
	})
	must(t, err)
	_, err = client.CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: api.ApiId, StageName: aws.String("api"), Tags: app.ResourceTags(nil),
	})
	must(t, err)
	return *api.ApiId
}

// TestSecondOfTwoFreshCheckoutsYields plans two deploys, each from a checkout of its own, and
// carries both out. The second finds the API of the first, and takes its own back.
func TestSecondOfTwoFreshCheckoutsYields(t *testing.T) {
	r := newRig(t)
	other := &rig{aws: r.aws, file: r.file + ".other"}
	first, plan := r.planned(t, echo(t))
	second, otherPlan := other.planned(t, echo(t))
	must(t, first.Apply(t.Context(), plan))
	before := r.aws.Resources()
	err := second.Apply(t.Context(), otherPlan)
	if err == nil || !strings.Contains(err.Error(), "another process is deploying") {
		t.Errorf("the second says %v", err)
	}
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
	must(t, other.deploy(t.Context(), echo(t)))
	other.settled(t, echo(t))
	r.settled(t, echo(t))
	r.live(t, echo(t))
}

func (r *rig) planned(t *testing.T, app deploy.Application) (*deploy.Deployer, deploy.Plan) {
	t.Helper()
	d, err := r.deployer(t.Context())
	must(t, err)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	return d, plan
}
