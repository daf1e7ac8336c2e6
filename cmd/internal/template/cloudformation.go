package template

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
)

const (
	samFunction    = "AWS::Serverless::Function"
	lambdaFunction = "AWS::Lambda::Function"
	samLayer       = "AWS::Serverless::LayerVersion"
	lambdaLayer    = "AWS::Lambda::LayerVersion"
	samAPI         = "AWS::Serverless::WebSocketApi"
	apiType        = "AWS::ApiGatewayV2::Api"
	routeType      = "AWS::ApiGatewayV2::Route"
	integration    = "AWS::ApiGatewayV2::Integration"
	answerType     = "AWS::ApiGatewayV2::IntegrationResponse"
	authorizer     = "AWS::ApiGatewayV2::Authorizer"
	stageType      = "AWS::ApiGatewayV2::Stage"
)

// lambdaTimeout is how long a function may take if a template says nothing, in seconds.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html)
const lambdaTimeout = 3

// cloudFormation reads a template of SAM or CloudFormation.
func (b *builder) cloudFormation() error {
	b.resources = member(b.root, "Resources")
	if err := b.readParameters(); err != nil {
		return err
	}
	api, err := b.findAPI()
	if err != nil {
		return err
	}
	b.names = map[string]string{api: apiID}
	if value(member(b.resources, api), "Type") == samAPI {
		if err := b.addSAMAPI(api); err != nil {
			return err
		}
	}
	return members(b.resources, func(id string, r *yaml.Node) error {
		kind, properties := member(r, "Type"), member(r, "Properties")
		if c := member(r, "Condition"); c != nil {
			if yes, err := b.condition(c, c.Value); err != nil || !yes {
				return err
			}
		}
		if kind == nil {
			return b.errorf(r, "resource %s has no Type", id)
		}
		switch kind.Value {
		case samFunction, lambdaFunction:
			return b.addFunction(id, kind.Value, r)
		case routeType:
			if ids := b.references(member(properties, "ApiId")); len(ids) > 0 && ids[0] == api {
				return b.addRoute(r, properties)
			}
		case stageType:
			if ids := b.references(member(properties, "ApiId")); len(ids) == 0 || ids[0] == api {
				return b.addStage(properties)
			}
		case mappingType:
			b.addMapping(properties)
		default:
			return b.addOther(id, kind.Value, r)
		}
		return nil
	})
}

// addOther adds a table, and notes what functions may call and is not made.
func (b *builder) addOther(id, kind string, r *yaml.Node) error {
	switch {
	case isTable(kind):
		return b.addTable(id, kind, r)
	case isElsewhere(kind):
		b.skip(kind, id)
	}
	return nil
}

// isElsewhere reports whether functions may call a resource of this type.
func isElsewhere(kind string) bool {
	service, _, _ := strings.Cut(strings.TrimPrefix(kind, "AWS::"), "::")
	switch service {
	case "ApiGatewayV2", "IAM", "Lambda", "Logs", "CDK", "CloudFormation", "CloudWatch", "EC2",
		"Serverless", "ApplicationAutoScaling", "CertificateManager", "Route53", "KMS":
		return false
	}
	return strings.HasPrefix(kind, "AWS::")
}

// readParameters takes the values of the parameters: of the environment, of the configuration of
// the SAM CLI, or their defaults.
func (b *builder) readParameters() error {
	b.parameters, b.unset = make(map[string]string), make(map[string]bool)
	return members(member(b.root, "Parameters"), func(name string, p *yaml.Node) error {
		value, err := b.text(member(p, "Default"))
		given, isGiven := b.sam.Overrides[name]
		switch {
		case err != nil:
			return err
		case b.getenv(name) != "":
			value = b.getenv(name)
		case isGiven:
			value, b.unset[name] = given, isSSMParameter(p)
		case value == "" && strings.HasPrefix(name, "Stage"):
			value = cmp.Or(b.options.Stage, defaultStage)
		case member(p, "Default") == nil || isSSMParameter(p):
			b.unset[name] = true
		}
		b.parameters[name] = value
		return nil
	})
}

// isSSMParameter reports whether the value of a parameter is in SSM, under a name that the template
// has.
func isSSMParameter(p *yaml.Node) bool {
	return strings.HasPrefix(value(p, "Type"), "AWS::SSM::Parameter::Value")
}

// findAPI returns the WebSocket API: the only one, or that which the user has chosen.
func (b *builder) findAPI() (string, error) {
	var found []string
	err := members(b.resources, func(id string, r *yaml.Node) error {
		if value(r, "Type") == samAPI {
			found = append(found, id)
			return nil
		}
		if value(r, "Type") != apiType {
			return nil
		}
		protocol, err := b.text(member(r, "Properties", "ProtocolType"))
		if err == nil && protocol == "WEBSOCKET" {
			found = append(found, id)
		}
		return err
	})
	if err == nil && len(found) == 0 {
		err = b.errorf(b.resources, "it has no WebSocket API (%s with ProtocolType WEBSOCKET, or %s)",
			apiType, samAPI)
	}
	if err != nil {
		return "", err
	}
	i, err := b.chooseAPI(found)
	if err != nil {
		return "", err
	}
	expression := member(b.resources, found[i], "Properties", "RouteSelectionExpression")
	b.result.Config.RouteSelection, err = b.text(expression)
	return found[i], err
}

// addRoute adds a route and what its integration leads to.
func (b *builder) addRoute(r, properties *yaml.Node) error {
	key, err := b.text(member(properties, "RouteKey"))
	if err != nil {
		return err
	}
	if key == "" {
		return b.errorf(r, "the route has no RouteKey")
	}
	id, to := b.reference(member(properties, "Target"), integration)
	if to == nil {
		return b.errorf(r, "route %s has no Target that is an %s of this template", key, integration)
	}
	target, err := b.target(member(to, "Properties"), "IntegrationUri")
	if err == nil && value(to, "Properties", "IntegrationType") == "MOCK" {
		target, err = b.mock(id)
	}
	if err != nil {
		return err
	}
	if target == (backend.Target{}) {
		b.result.Notes = append(b.result.Notes, "route "+key+" is left out: its integration is neither "+
			"a function nor an HTTP address")
		return nil
	}
	b.result.Config.Routes[key] = backend.Route{
		Target: target, Response: member(properties, "RouteResponseSelectionExpression") != nil,
	}
	if value(properties, "AuthorizationType") == "AWS_IAM" {
		b.noteIAM()
	}
	if _, a := b.reference(member(properties, "AuthorizerId"), authorizer); a != nil {
		return b.addAuthorizer(member(a, "Properties"))
	}
	return nil
}

// noteIAM says what happens to clients of an API that asks for signed requests.
func (b *builder) noteIAM() {
	b.result.Notes = append(b.result.Notes, "$connect wants requests that are signed for IAM; here "+
		"each client is accepted")
}

// target returns the function, or the address, that a property leads to.
func (b *builder) target(properties *yaml.Node, key string) (backend.Target, error) {
	uri := member(properties, key)
	if id := b.functionIn(uri, 0); id != "" {
		return backend.Target{Function: id}, nil
	}
	kind := member(properties, "IntegrationType")
	if kind == nil || !strings.HasPrefix(kind.Value, "HTTP") {
		return backend.Target{}, nil
	}
	address, err := b.text(uri)
	return backend.Target{URL: address}, err
}

// mock returns a mock integration, which answers with the template of its response. Templates are
// not evaluated.
func (b *builder) mock(id string) (backend.Target, error) {
	body := ""
	err := members(b.resources, func(_ string, r *yaml.Node) error {
		properties := member(r, "Properties")
		if value(r, "Type") != answerType ||
			!slices.Contains(b.references(member(properties, "IntegrationId")), id) {
			return nil
		}
		return members(member(properties, "ResponseTemplates"), func(_ string, n *yaml.Node) (err error) {
			body, err = b.text(n)
			return err
		})
	})
	return backend.Target{Mock: &body}, err
}

// functionIn returns the function that an expression names: by itself, by an alias, or by an ARN.
func (b *builder) functionIn(n *yaml.Node, depth int) string {
	if id, _ := b.reference(n, samFunction, lambdaFunction); id != "" || depth > maxDepth {
		return id
	}
	_, alias := b.reference(n, "AWS::Lambda::Alias", "AWS::Lambda::Version")
	if alias == nil {
		return b.functionNamed(n)
	}
	return b.functionIn(member(alias, "Properties", "FunctionName"), depth+1)
}

// functionARN is the name of a function in an ARN.
var functionARN = regexp.MustCompile(`:function:([A-Za-z0-9_-]+)`)

// functionNamed returns the function whose name is in the ARN that an expression amounts to.
func (b *builder) functionNamed(n *yaml.Node) (found string) {
	text, err := b.text(n)
	m := functionARN.FindStringSubmatch(text)
	if err != nil || m == nil {
		return "" // the caller says what is missing
	}
	_ = members(b.resources, func(id string, r *yaml.Node) error { // which returns none
		if kind := value(r, "Type"); kind != samFunction && kind != lambdaFunction {
			return nil
		}
		if name, err := b.text(member(r, "Properties", "FunctionName")); err == nil && name == m[1] {
			found = id
		}
		return nil
	})
	return found
}

func (b *builder) addAuthorizer(properties *yaml.Node) error {
	target, err := b.target(properties, "AuthorizerUri")
	if err != nil {
		return err
	}
	return b.setAuthorizer(properties, target, member(properties, "IdentitySource"))
}

// setAuthorizer sets what decides about clients. One that does not run here is noted, because each
// client is accepted then.
func (b *builder) setAuthorizer(at *yaml.Node, target backend.Target, sources *yaml.Node) error {
	if target == (backend.Target{}) {
		b.result.Notes = append(b.result.Notes, b.place(at)+": the authorizer is left out, and each "+
			"client is accepted: it is no function of this template")
		return nil
	}
	a := &backend.Authorizer{Target: target}
	for _, source := range elements(sources) {
		text, err := b.text(source)
		if err != nil {
			return err
		}
		a.IdentitySources = append(a.IdentitySources, text)
	}
	b.result.Config.Authorizer = a
	return nil
}

func (b *builder) addStage(properties *yaml.Node) (err error) {
	c := &b.result.Config
	if c.APIGatewayStage, err = b.text(member(properties, "StageName")); err != nil {
		return err
	}
	c.StageVariables, err = b.texts(member(properties, "StageVariables"))
	return err
}

// texts evaluates an object of texts.
func (b *builder) texts(n *yaml.Node) (map[string]string, error) {
	all := make(map[string]string)
	err := members(n, func(key string, value *yaml.Node) (err error) {
		all[key], err = b.text(value)
		return err
	})
	return all, err
}
