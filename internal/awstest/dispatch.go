package awstest

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

// A Live is what API Gateway does for one stage of an API now: what its deployment has, whatever
// has been changed since.
type Live struct {
	API, Stage     string
	RouteSelection string               // "$request.body.action"
	Routes         map[string]LiveRoute // by route key
	Variables      map[string]string    // of the stage
	// RateLimit and BurstLimit bound the messages in a second and at once, nil for the account's
	// limits. A stage whose limit is 0 answers nobody.
	RateLimit  *float64
	BurstLimit *int64
	Disabled   bool // the default endpoint; only a custom domain leads here
}

// A LiveRoute is what becomes of the messages of one route.
type LiveRoute struct {
	Function Function
	Timeout  time.Duration // for which API Gateway waits
	Reply    bool          // the function's answer goes to the client
	// Authorizer decides about new connections, nil for none. Only $connect has one.
	Authorizer *LiveAuthorizer
}

// A Function is a Lambda function as it would be started.
type Function = lambda.Function

// A LiveAuthorizer is a function that decides who may connect.
type LiveAuthorizer struct {
	Name     string
	Function Function
	Identity []string // sources, "route.request.querystring.token"
}

// Live returns what API Gateway does for a stage. It is an error if it could not do all of it: the
// stage has no deployment, a function is gone, is not Active, has no role, is built for another
// architecture, or gave API Gateway no permission.
func (c *Cloud) Live(apiID, stage string) (Live, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.gateway.apis[apiID]
	if a == nil {
		return Live{}, fmt.Errorf("there is no API %s", apiID)
	}
	s, ok := a.stages[stage]
	if !ok {
		return Live{}, fmt.Errorf("API %s has no stage %s", apiID, stage)
	}
	published, ok := a.snapshots[wire.Params(s).Str("DeploymentId")]
	if !ok {
		return Live{}, fmt.Errorf("stage %s of API %s has no deployment", stage, apiID)
	}
	live := newLive(apiID, stage, s, published)
	var problems []error
	for id, route := range published.routes {
		at := site{c, published, apiID, stage}
		r, err := at.route(id, route)
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

func newLive(apiID, stage string, s wire.Params, published snapshot) Live {
	live := Live{
		API: apiID, Stage: stage, RouteSelection: published.selection, Disabled: published.disabled,
		Routes: make(map[string]LiveRoute), Variables: s.StrMap("StageVariables"),
	}
	settings := s.Obj("DefaultRouteSettings")
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

// A site is a stage that a deployment is served at.
type site struct {
	cloud     *Cloud
	published snapshot
	api       string
	stage     string
}

// route follows a route to its function.
func (s site) route(id string, route wire.Params) (LiveRoute, error) {
	target := strings.TrimPrefix(route.Str("Target"), "integrations/")
	integration := wire.Params(s.published.integrations[target])
	if integration == nil {
		return LiveRoute{}, errors.New("it has no integration")
	}
	source := account.ARN("execute-api", s.api+"/"+s.stage+"/"+route.Str("RouteKey"))
	f, err := s.invocable(integration.Str("IntegrationUri"), source)
	if err != nil {
		return LiveRoute{}, err
	}
	out := LiveRoute{
		Function: f, Timeout: time.Duration(integration.Num("TimeoutInMillis")) * time.Millisecond,
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
		Reply: route.Str("RouteResponseSelectionExpression") == "$default" &&
			len(s.published.responses[id]) > 0,
	}
	if authorizer := route.Str("AuthorizerId"); authorizer != "" {
		out.Authorizer, err = s.authorizer(authorizer)
	}
	return out, err
}

func (s site) authorizer(id string) (*LiveAuthorizer, error) {
	is := wire.Params(s.published.authorizers[id])
	f, err := s.invocable(is.Str("AuthorizerUri"),
		account.ARN("execute-api", s.api+"/authorizers/"+id))
	if err != nil {
		return nil, fmt.Errorf("authorizer %s: %w", is.Str("Name"), err)
	}
	return &LiveAuthorizer{
		Name: is.Str("Name"), Function: f, Identity: is.Strs("IdentitySource"),
	}, nil
}

// invocable returns the function at an address if API Gateway could invoke it for a source.
func (s site) invocable(uri, source string) (Function, error) {
	arn := functionOf(uri)
	if arn == "" {
		return Function{}, fmt.Errorf("%q is no function", uri)
	}
	return s.cloud.lambda.Invocable(arn, source)
}
