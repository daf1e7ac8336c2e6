// Package lambda is Lambda in memory: functions with their code, settings, policies and states. It
// starts none of them.
package lambda

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/iam"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what Lambda keeps.
type State struct {
	*account.Account

	// Run runs a function that Invoke calls; see awstest.Cloud.OnInvoke. Without it every function
	// answers null.
	Run func(f Function, event []byte) (reply []byte, failure string)

	// Object returns an object of S3, from which code may come.
	Object func(bucket, key string) ([]byte, bool)

	// HasStream reports whether a stream is that of a table of the account.
	HasStream func(arn string) bool

	roles     *iam.State
	functions map[string]*function // by name
	published map[string]int       // the last number of a version, by name: numbers never repeat
	mappings  []*mapping
	sources   map[string]Source // queues and streams, by ARN
	lost      map[string]bool   // names of functions whose network interfaces stay for ever
}

// New returns the state of an empty account, whose roles are in roles.
func New(a *account.Account, roles *iam.State) *State {
	return &State{
		Account: a, roles: roles, functions: make(map[string]*function),
		published: make(map[string]int), sources: make(map[string]Source), lost: make(map[string]bool),
	}
}

// A function is a Lambda function: $LATEST, and the versions that were published of it.
type function struct {
	name, arn   string
	config      map[string]any // members of FunctionConfiguration but for its states
	zip         []byte
	tags        map[string]any
	reserved    *int64                  // concurrency, nil for what the account has
	permissions map[string][]permission // by qualifier, "" for none
	urls        map[string]*functionURL // by qualifier
	versions    []*version              // the oldest first
	aliases     map[string]*alias
	leaving     bool      // it has left a VPC
	leaves      time.Time // when its network interfaces are deleted, after it has left a VPC
	pending     int       // polls until it is Active
	updating    int       // polls until its last update is Successful
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"CreateFunction":               s.createFunction,
		"GetFunction":                  s.getFunction,
		"GetFunctionConfiguration":     s.getFunctionConfiguration,
		"GetFunctionCodeSigningConfig": s.getFunctionCodeSigningConfig,
		"ListFunctions":                s.listFunctions,
		"ListVersionsByFunction":       s.listVersionsByFunction,
		"PublishVersion":               s.publishVersion,
		"CreateAlias":                  s.createAlias,
		"GetAlias":                     s.getAlias,
		"ListAliases":                  s.listAliases,
		"UpdateAlias":                  s.updateAlias,
		"DeleteAlias":                  s.deleteAlias,
		"UpdateFunctionCode":           s.updateFunctionCode,
		"UpdateFunctionConfiguration":  s.updateFunctionConfiguration,
		"DeleteFunction":               s.deleteFunction,
		"ListTags":                     s.listFunctionTags,
		"TagResource":                  s.tagFunction,
		"UntagResource":                s.untagFunction,
		"PutFunctionConcurrency":       s.putFunctionConcurrency,
		"GetFunctionConcurrency":       s.getFunctionConcurrency,
		"DeleteFunctionConcurrency":    s.deleteFunctionConcurrency,
		"AddPermission":                s.addPermission,
		"GetPolicy":                    s.getPolicy,
		"RemovePermission":             s.removePermission,
		"Invoke":                       s.invokeFunction,
		"CreateEventSourceMapping":     s.createMapping,
		"GetEventSourceMapping":        s.getMapping,
		"ListEventSourceMappings":      s.listMappings,
		"UpdateEventSourceMapping":     s.updateMapping,
		"DeleteEventSourceMapping":     s.deleteMapping,
		"CreateFunctionUrlConfig":      s.createURL,
		"GetFunctionUrlConfig":         s.getURL,
		"UpdateFunctionUrlConfig":      s.updateURL,
		"DeleteFunctionUrlConfig":      s.deleteURL,
	}
}

// Resources names everything that exists.
func (s *State) Resources() []string {
	var all []string
	for name := range s.functions {
		all = append(all, "lambda function "+name)
	}
	for _, m := range s.mappings { // which survive their functions
		if !m.gone {
			all = append(all, "lambda mapping "+m.function+" "+m.source)
		}
	}
	return append(all, s.interfaces()...)
}

// functionName returns the name in a FunctionName: a name, an ARN or a part of an ARN, with or
// without a qualifier.
func functionName(s string) string {
	name, _ := parseName(s)
	return name
}

// parseName returns the name and the qualifier in a FunctionName.
func parseName(s string) (name, qualifier string) {
	s = strings.TrimPrefix(s, "arn:aws:lambda:"+account.Region+":")
	s = strings.TrimPrefix(s, account.ID+":")
	s = strings.TrimPrefix(s, "function:")
	name, qualifier, _ = strings.Cut(s, ":")
	return name, qualifier
}

func functionARN(name string) string { return account.ARN("lambda", "function:"+name) }

// findFunction returns the function that an input names, by itself or in an ARN. The input must not
// name a version or an alias.
func (s *State) findFunction(in wire.Params) (*function, error) {
	f, qualifier, err := s.findQualified(in)
	if err == nil && qualifier != "" && qualifier != latest {
		return nil, badParameter("This operation does not take a version or an alias: %s", qualifier)
	}
	return f, err
}

// findQualified returns the function that an input names, and the version or the alias, which
// exists.
func (s *State) findQualified(in wire.Params) (f *function, qualifier string, err error) {
	name, qualifier := parseName(in.Str("FunctionName") + in.Str("Resource"))
	if q := in.Str("Qualifier"); q != "" {
		qualifier = q
	}
	if f = s.functions[name]; f == nil {
		return nil, "", noFunction(functionARN(name))
	}
	switch {
	case qualifier == "" || qualifier == latest:
	case isVersion(qualifier) && f.version(qualifier) == nil:
		return nil, "", noFunction(f.arn + ":" + qualifier)
	case !isVersion(qualifier) && f.aliases[qualifier] == nil:
		return nil, "", noAlias(f.arn + ":" + qualifier)
	}
	return f, qualifier, nil
}

func noFunction(arn string) error {
	return wire.Fail(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", arn)
}

// badParameter is Lambda's error for a value that its model allows and Lambda does not.
func badParameter(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

// conflict is Lambda's error for a call that the function's state does not allow.
func conflict(format string, args ...any) error {
	return wire.Fail(http.StatusConflict, "ResourceConflictException", format, args...)
}

// describe returns the members of FunctionConfiguration.
func (f *function) describe() map[string]any {
	out := maps.Clone(f.config)
	switch {
	case f.pending > 0:
		out["State"], out["StateReasonCode"] = "Pending", "Creating"
		out["StateReason"] = "The function is being created."
	case f.updating > 0:
		out["State"], out["LastUpdateStatus"] = "Active", "InProgress"
	default:
		out["State"], out["LastUpdateStatus"] = "Active", "Successful"
	}
	return out
}

// poll describes the function, and counts as a poll.
func (f *function) poll() map[string]any {
	out := f.describe()
	if !account.Poll(&f.pending) {
		account.Poll(&f.updating)
	}
	return out
}

// ready returns an error if the function cannot be changed now. A call counts as a poll.
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html)
func (f *function) ready() error {
	if account.Poll(&f.pending) {
		return conflict("The operation cannot be performed at this time. "+
			"The function is currently in the following state: %s", "Pending")
	}
	if account.Poll(&f.updating) {
		return conflict("The operation cannot be performed at this time. "+
			"An update is in progress for resource: %s", f.arn)
	}
	return nil
}

// touch gives the function a new revision.
func (f *function) touch(s *State) {
	f.config["LastModified"] = s.Now().UTC().Format("2006-01-02T15:04:05.000-0700")
	f.config["RevisionId"] = s.NewUUID()
}

// sortedFunctions returns all functions by name.
func (s *State) sortedFunctions() []*function {
	all := slices.Collect(maps.Values(s.functions))
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.name, b.name) })
	return all
}
