package apigateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A Live is what API Gateway does for one stage of an API now: what its deployment says, without
// later changes.
type Live struct {
	API, Stage     string
	RouteSelection string               // "$request.body.action"
	Routes         map[string]LiveRoute // by route key
	Variables      map[string]string    // of the stage
	// RateLimit and BurstLimit bound the messages in a second and at once, nil for the account's
	// limits. A stage whose limit is 0 answers no client.
	RateLimit  *float64
	BurstLimit *int64
	Disabled   bool // the default endpoint; only a custom domain leads here
}

// A LiveRoute says where the messages of one route go.
type LiveRoute struct {
	Function lambda.Function
	// Canary gets a share of the events, 0 to 1, and Function the others.
	Canary  lambda.Function
	Share   float64
	Timeout time.Duration // how long API Gateway waits for it
	Reply   bool          // the function's reply is sent to the client
	// Authorizer decides about new connections, nil for none. Only $connect has one.
	Authorizer *LiveAuthorizer
	// IAM is whether clients sign their handshakes, and APIKey whether they need a key.
	IAM, APIKey bool
}

// A LiveAuthorizer is a function that decides who may connect. Of one in another account, only the
// ARN of the function is known.
type LiveAuthorizer struct {
	Name     string
	Function lambda.Function
	Identity []string // sources, "route.request.querystring.token"
}

// Live returns what API Gateway does for a stage. It is an error if it could not do all of it: the
// stage has no deployment, a function is gone, is not Active, has no role, is built for another
// architecture, or gave API Gateway no permission.
func (s *State) Live(apiID, stage string) (Live, error) { return s.live(apiID, stage, false) }

// LiveBefore returns what API Gateway still does for a stage where the last UpdateStage has not
// spread to: what its deployment before says.
func (s *State) LiveBefore(apiID, stage string) (Live, error) { return s.live(apiID, stage, true) }

func (s *State) live(apiID, stage string, before bool) (Live, error) {
	a := s.apis[apiID]
	if a == nil {
		return Live{}, fmt.Errorf("there is no API %s", apiID)
	}
	members, ok := a.stages[stage]
	if !ok {
		return Live{}, fmt.Errorf("API %s has no stage %s", apiID, stage)
	}
	published, ok := a.snapshots[wire.Params(members).Str("DeploymentId")]
	if before {
		published, ok = a.before[stage]
	}
	if !ok {
		return Live{}, fmt.Errorf("stage %s of API %s has no deployment", stage, apiID)
	}
	live := newLive(apiID, stage, members, published)
	target := deployedStage{s, published, apiID, stage}
	var problems []error
	for id, route := range published.routes {
		r, err := target.route(id, route)
		if err != nil {
			err = fmt.Errorf("route %v: %w", route["RouteKey"], err)
		}
		problems = append(problems, err)
		live.Routes[wire.Params(route).Str("RouteKey")] = r
	}
	slices.SortFunc(problems, func(a, b error) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	return live, errors.Join(problems...)
}

func newLive(apiID, stage string, members wire.Params, published snapshot) Live {
	live := Live{
		API: apiID, Stage: stage, RouteSelection: published.selection, Disabled: published.disabled,
		Routes: make(map[string]LiveRoute), Variables: members.StrMap("StageVariables"),
	}
	settings := members.Obj("DefaultRouteSettings")
	if settings.Has("ThrottlingRateLimit") {
		rate := settings.Float("ThrottlingRateLimit")
		live.RateLimit = &rate
	}
	if settings.Has("ThrottlingBurstLimit") {
		burst := settings.Num("ThrottlingBurstLimit")
		live.BurstLimit = &burst
	}
	return live
}

// A deployedStage is a stage with its deployment.
type deployedStage struct {
	state     *State
	published snapshot
	api       string
	stage     string
}

// route follows a route to its function.
func (d deployedStage) route(id string, route wire.Params) (LiveRoute, error) {
	target := strings.TrimPrefix(route.Str("Target"), "integrations/")
	integration := wire.Params(d.published.integrations[target])
	if integration == nil {
		return LiveRoute{}, errors.New("it has no integration")
	}
	source := account.ARN("execute-api", d.api+"/"+d.stage+"/"+route.Str("RouteKey"))
	f, err := d.invocable(integration.Str("IntegrationUri"), source)
	if err != nil {
		return LiveRoute{}, err
	}
	timeout := time.Duration(integration.Num("TimeoutInMillis")) * time.Millisecond
	out := LiveRoute{
		Function: f, Timeout: timeout,
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
		Reply: route.Str("RouteResponseSelectionExpression") == "$default" &&
			len(d.published.responses[id]) > 0,
		IAM: route.Str("AuthorizationType") == "AWS_IAM", APIKey: route.Flag("ApiKeyRequired"),
	}
	arn := functionOf(integration.Str("IntegrationUri"))
	out.Canary, out.Share = d.state.functions.Canary(arn)
	if authorizer := route.Str("AuthorizerId"); authorizer != "" {
		out.Authorizer, err = d.authorizer(authorizer)
	}
	return out, err
}

func (d deployedStage) authorizer(id string) (*LiveAuthorizer, error) {
	authorizer := wire.Params(d.published.authorizers[id])
	out := &LiveAuthorizer{
		Name: authorizer.Str("Name"), Identity: authorizer.Strs("IdentitySource"),
	}
	arn := functionOf(authorizer.Str("AuthorizerUri"))
	if arn != "" && strings.Split(arn, ":")[4] != account.ID {
		out.Function.ARN = arn
		return out, nil
	}
	f, err := d.invocable(authorizer.Str("AuthorizerUri"),
		account.ARN("execute-api", d.api+"/authorizers/"+id))
	if err != nil {
		return nil, fmt.Errorf("authorizer %s: %w", authorizer.Str("Name"), err)
	}
	out.Function = f
	return out, nil
}

// invocable returns the function at an integration URI if API Gateway could invoke it for a source.
func (d deployedStage) invocable(uri, source string) (lambda.Function, error) {
	arn := functionOf(uri)
	if arn == "" {
		return lambda.Function{}, fmt.Errorf("%q is no function", uri)
	}
	return d.state.functions.Invocable(arn, source)
}
