// Package spec describes an application: what should be on AWS, what it is called there, and what
// AWS allows. It calls nothing.
package spec

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
)

// An Application is what should be on AWS. Name and Stage identify it: applications that differ in
// one of them share nothing.
type Application struct {
	Name  string // such as "echo-server"
	Stage string // of the project, such as "dev"; see [API] for that in the URL

	// Functions are the Lambda functions, in the order in which they are made.
	Functions []Function
	API       API
	Tables    []Table
	Triggers  []Trigger

	// Shards lets each function invoke itself, as package lambda does to send to a large group.
	Shards bool

	// Releases is how many releases are kept, the live one among them: events reach the functions by
	// the alias [LiveAlias], which leads to a version that never changes. 0 makes none: events reach
	// what was deployed last, and code and configuration change one after the other.
	Releases int

	// Canary is the share of the events that a new release gets at first, below 1. 0 is all of them.
	Canary float64

	// Commit is the commit of the project, for the description of a release; empty if not known.
	Commit string

	// LeavesVPC keeps the rights of the generated role on network interfaces, although no function
	// needs them any more: Lambda deletes the interfaces of a function that leaves a VPC later, with
	// the rights of its role.
	// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)
	LeavesVPC bool

	// StateURL is s3://bucket/prefix if the state is kept there, for the policy of the deployer.
	StateURL string

	// CodeURL is s3://bucket/prefix for packages that are too large to be sent to Lambda directly.
	CodeURL string

	// RolePath is the path of the roles, such as "/service/". Empty is "/" for a new role, and leaves
	// that of an existing one as it is.
	RolePath string

	// PermissionsBoundary is the ARN of the policy that limits the roles, or [NoBoundary]. Empty
	// leaves the boundary of an existing role as it is.
	PermissionsBoundary string

	// Tags are put on all resources, in addition to the tag "tyg".
	Tags map[string]string
}

// A Function is a Lambda function. All functions of an application usually run the same program.
type Function struct {
	// LogicalName is what the project calls it: websocket_connect, websocket_message,
	// websocket_disconnect. On AWS it is called {application}-{stage}-{logical name}.
	LogicalName string

	Bundle       *Bundle
	Architecture string // "arm64" or "x86_64"
	Environment  map[string]string
	Secrets      map[string]Secret // variables whose values AWS keeps
	Timeout      int               // seconds, 1 to 900
	MemorySize   int               // MiB, 128 to 10,240
	Layers       []string
	XRay         bool

	// SubnetIDs and SecurityGroupIDs put the function into a VPC; both or neither are given.
	SubnetIDs, SecurityGroupIDs []string

	// IPv6 lets the function send by IPv6 from subnets that have both. Nil leaves what the function
	// has, which is no at first.
	IPv6 *bool

	// What follows is left as it is where it has its zero value: a new function has Lambda's defaults.
	EphemeralStorage    int    // MiB of /tmp, 512 to 10,240
	LogFormat           string // "Text" or "JSON"
	ApplicationLogLevel string // of lines in JSON: "TRACE" to "FATAL"
	SystemLogLevel      string // of Lambda's own lines in JSON: "DEBUG", "INFO" or "WARN"
	KMSKeyARN           string // of the key that encrypts the environment

	// ReservedConcurrency is how many events the function may handle at a time. Nil leaves what AWS
	// has, which is none for a new function; -1 reserves none.
	ReservedConcurrency *int

	// LogRetention is for how many days the log is kept; 0 is for ever. Nil leaves what AWS has, which
	// is for ever for a new log group.
	LogRetention *int

	// Release is that of which the function is, for its description. The planner sets it; without a
	// number the function keeps the description that it has.
	Release Release

	// LogKMSKey is the ARN of the key that encrypts the log, or [NoKey]. Empty leaves what the log
	// group has.
	LogKMSKey string

	// Role is what the function may do. Functions with the same Role.LogicalName share it.
	Role Role

	Tags map[string]string
}

// A Role is the IAM role of functions: a generated one, one with a policy that the project
// supplies, or an existing one that the project does not manage.
type Role struct {
	// ARN names an existing role. It is used unchanged, and the other fields are ignored.
	ARN string

	// LogicalName is default-role, or {function}_role. On AWS a role is called {application}-{stage},
	// or {application}-{stage}-{function}.
	LogicalName string

	// Policy is the policy document that the project supplies. Nil means [GeneratedPolicy].
	Policy json.RawMessage

	// Statements are added to a generated policy.
	Statements []json.RawMessage
}

// NoKey is the value of [Function.LogKMSKey] that ends the encryption with a key of the project.
const NoKey = "none"

// NoBoundary is the value of [Application.PermissionsBoundary] that removes a boundary.
const NoBoundary = "none"

// An API is the WebSocket API.
type API struct {
	// Stage is the name of the stage of API Gateway, the first part of the URL's path: "api".
	Stage string

	// RouteSelection is the route selection expression. Empty means [tyg.DefaultRouteSelection].
	RouteSelection string

	Routes []Route

	// Authorizer, if not nil, is asked before $connect.
	Authorizer *Authorizer

	// IAM makes $connect take only handshakes that are signed by a principal of IAM that may invoke
	// the API. APIKey makes it take only those with an API key of a usage plan.
	IAM, APIKey bool

	// IPAddressType is "ipv4" or "dualstack", by which clients reach the API at its own address. Empty
	// leaves what the API has, at first IPv4.
	IPAddressType string

	// Open lets the function of $connect invoke itself, as package lambda does for an application
	// with OnOpen.
	Open bool

	Settings  StageSettings
	Variables map[string]string // of the stage

	// Domain, if not nil, is the custom domain name of the API.
	Domain *Domain
}

// A Route is a route key and the function that handles it.
type Route struct {
	Key      string // "$default", or the value that the route selection expression finds
	Function string // its LogicalName

	// Responds sends what the handler returns to the client, as a message.
	Responds bool
}

// An Authorizer is a function that is asked about each handshake.
type Authorizer struct {
	Function        string   // its LogicalName
	IdentitySources []string // such as route.request.querystring.token, all required

	// ARN, if not empty, is a function outside of the application, maybe of another account, in place
	// of Function. Its own policy lets the API call it, or RoleARN is a role that may: API Gateway
	// assumes it.
	ARN, RoleARN string
}

// StageSettings are the logging, metrics and throttling of a stage. The zero value is what a new
// stage has: no access log, no metrics for each route, the throttling of the account.
type StageSettings struct {
	// ThrottlingRate is how many messages a second API Gateway takes from all clients together, and
	// ThrottlingBurst how many at once. 0 means the limits of the account; it is never sent, because
	// to AWS a limit of 0 lets no message through
	// (https://github.com/hashicorp/terraform-provider-aws/issues/14742).
	ThrottlingRate  float64
	ThrottlingBurst int

	LoggingLevel    string // "OFF", "ERROR" or "INFO"; empty is OFF
	DataTrace       bool   // log whole messages, too
	DetailedMetrics bool   // for each route

	// AccessLogARN is the log group of the access log, a line for each event in AccessLogFormat.
	AccessLogARN, AccessLogFormat string
}

// A Domain is a custom domain name.
type Domain struct {
	Name           string // such as "chat.example.com"
	CertificateARN string // of AWS Certificate Manager, in the same region
	TLSVersion     string // "TLS_1_2", which is the default, or another security policy of API Gateway
	Prefix         string // the path below which the API is; empty is the whole domain name
	IPAddressType  string // as [API.IPAddressType]

	// Request has a certificate requested of ACM, in place of CertificateARN.
	Request bool

	// Zone is the hosted zone of Route 53 with the records: its id, [AutoZone] or [NoZone]. Empty is
	// AutoZone for a certificate that is requested, else NoZone.
	Zone string
	Tags map[string]string
}

// HasFunction reports whether there is a function of this logical name.
func (a Application) HasFunction(logical string) bool {
	return slices.ContainsFunc(a.Functions, func(fn Function) bool {
		return fn.LogicalName == logical
	})
}

// Calls reports whether the API calls a function.
func (a Application) Calls(logical string) bool {
	if a.API.Authorizer != nil && a.API.Authorizer.Function == logical {
		return true
	}
	return slices.ContainsFunc(a.API.Routes, func(r Route) bool { return r.Function == logical })
}

// TracingMode returns what Lambda does about AWS X-Ray.
func (fn Function) TracingMode() string {
	if fn.XRay {
		return "Active"
	}
	return "PassThrough"
}

// Selection returns the route selection expression.
func (a API) Selection() string { return cmp.Or(a.RouteSelection, tyg.DefaultRouteSelection) }

// Authorizes reports whether the authorizer is asked before a route. API Gateway asks for $connect
// only.
func (a API) Authorizes(r Route) bool { return a.Authorizer != nil && r.Key == tyg.RouteConnect }

// Authorization returns how a route authorizes clients, as API Gateway calls it.
func (a API) Authorization(r Route) string {
	switch {
	case a.Authorizes(r):
		return "CUSTOM"
	case a.IAM && r.Key == tyg.RouteConnect:
		return "AWS_IAM"
	}
	return "NONE"
}

// NeedsKey reports whether a route takes only clients with an API key.
func (a API) NeedsKey(r Route) bool { return a.APIKey && r.Key == tyg.RouteConnect }

// FunctionARN returns the function that an authorizer asks.
func (a Authorizer) FunctionARN(app Application, account Account) string {
	return cmp.Or(a.ARN, app.Target(account, a.Function))
}

// Complete returns settings as AWS has them: with the defaults written out, and the ARN without its
// end.
func (s StageSettings) Complete() StageSettings {
	s.LoggingLevel = cmp.Or(s.LoggingLevel, "OFF")
	s.AccessLogARN = strings.TrimSuffix(s.AccessLogARN, ":*")
	return s
}

// The values of [Domain.Zone] that are no ids: the public zone with the longest name that the
// domain name ends with, if there is one, and none, because the DNS of the domain is elsewhere.
const (
	AutoZone = "auto"
	NoZone   = "none"
)

// HostedZone returns the zone, or its default.
func (d Domain) HostedZone() string {
	if d.Zone == "" && d.Request {
		return AutoZone
	}
	return cmp.Or(d.Zone, NoZone)
}

// SecurityPolicy returns the TLS version, or its default.
func (d Domain) SecurityPolicy() string { return cmp.Or(d.TLSVersion, "TLS_1_2") }

// Key returns [Domain.Prefix] without slashes at its ends.
func (d Domain) Key() string { return MappingKey(d.Prefix) }

// MappingKey returns a path of a custom domain name without slashes at its ends. It is empty for
// "(none)", which mappings of REST APIs have for the whole domain name.
func MappingKey(path string) string {
	if path == "(none)" {
		return ""
	}
	return strings.Trim(path, "/")
}
