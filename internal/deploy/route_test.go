package deploy_test

import (
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestC24CustomRoutes(t *testing.T) {
	r, app := newRig(t), echo(t)
	app.API.RouteSelection = "$request.body.type"
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: "ask", Function: "websocket_message", Responds: true},
		deploy.Route{Key: "tell", Function: "websocket_message"})
	must(t, r.deploy(t.Context(), app))
	live := r.published(t, "api")
	if live.RouteSelection != "$request.body.type" {
		t.Errorf("route selection is %q", live.RouteSelection)
	}
	if !live.Routes["ask"].Reply || live.Routes["tell"].Reply {
		t.Errorf("ask replies: %t, tell replies: %t", live.Routes["ask"].Reply, live.Routes["tell"].Reply)
	}
	if got := r.calls("CreateIntegration"); got != 1 {
		t.Errorf("%d integrations were made for one function", got)
	}

	app.API.Routes[1].Responds, app.API.Routes[2].Responds = false, true
	must(t, r.deploy(t.Context(), app))
	live = r.published(t, "api")
	if live.Routes["ask"].Reply || !live.Routes["tell"].Reply {
		t.Errorf("ask replies: %t, tell replies: %t", live.Routes["ask"].Reply, live.Routes["tell"].Reply)
	}
	r.settled(t, app)
}

func TestC23ConnectHasAnAuthorizer(t *testing.T) {
	r, app := newRig(t), everything(t)
	must(t, r.deploy(t.Context(), app))
	guard := r.published(t, "api").Routes[tyg.RouteConnect].Authorizer
	if guard == nil || guard.Function.Name != "chat-dev-websocket_authorizer" ||
		!slices.Equal(guard.Identity, []string{"route.request.querystring.token"}) {
		t.Fatalf("the authorizer of $connect is %+v", guard)
	}
	if other := r.published(t, "api").Routes[tyg.RouteDefault].Authorizer; other != nil {
		t.Errorf("$default has an authorizer: %+v", other)
	}

	app.API.Authorizer.IdentitySources = []string{"route.request.header.Cookie"}
	must(t, r.deploy(t.Context(), app))
	guard = r.published(t, "api").Routes[tyg.RouteConnect].Authorizer
	if guard == nil || !slices.Equal(guard.Identity, app.API.Authorizer.IdentitySources) {
		t.Errorf("the authorizer of $connect is %+v", guard)
	}
	r.settled(t, app)

	app.API.Authorizer = nil
	must(t, r.deploy(t.Context(), app))
	if guard := r.published(t, "api").Routes[tyg.RouteConnect].Authorizer; guard != nil {
		t.Errorf("$connect still has the authorizer %+v", guard)
	}
	must(t, r.deploy(t.Context(), app)) // takes back what the authorizer was allowed
	r.settled(t, app)
	if got := r.calls("DeleteAuthorizer"); got != 1 {
		t.Errorf("%d authorizers were deleted, want 1", got)
	}
}
