package deploy

// The names on AWS, for whoever makes the same application by other means: package template.

// FunctionName returns the name on AWS of a function.
func (a Application) FunctionName(logical string) string { return a.functionName(logical) }

// RoleName returns the name on AWS of a role.
func (a Application) RoleName(logical string) string { return a.roleName(logical) }

// APIName returns the name of the API.
func (a Application) APIName() string { return a.apiName() }

// AuthorizerName returns the name of the authorizer of the API.
func (a Application) AuthorizerName() string { return a.prefix() + authorizerSuffix }

// LogGroupName returns the name of the log group of a function.
func (a Application) LogGroupName(logical string) string {
	return logGroup(a.functionName(logical))
}

// ResourceTags returns the tags of a resource that has some of its own.
func (a Application) ResourceTags(own map[string]string) map[string]string { return a.tags(own) }

// TrustPolicy lets Lambda, and nobody else, assume a role.
func TrustPolicy() string { return trustLambda() }

// Environment returns the variables of a function, of which endpoint is the value that
// [EndpointVariable] has unless the function has another.
func (a Application) Environment(fn Function, endpoint string) map[string]string {
	return a.environment(fn, endpoint)
}

// AccessLog returns the log group that gets the access log, which is empty if there is none, and
// the format of its lines.
func (s StageSettings) AccessLog() (arn, format string) {
	s = s.complete()
	return s.AccessLogARN, s.AccessLogFormat
}

// TagKey is the tag of everything that belongs to an application.
const TagKey = tagKey

// EndpointVariable tells functions where the @connections API is.
const EndpointVariable = endpointVariable

// RouteSelection returns the route selection expression of the API.
func (a Application) RouteSelection() string { return a.API.selection() }

// What Lambda starts, for all functions.
const (
	Runtime = string(functionRuntime)
	Handler = functionHandler
)
