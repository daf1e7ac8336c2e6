package awstest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// lambdaState is what Lambda keeps.
type lambdaState struct {
	functions map[string]*function // by name
	invoke    func(f Function, event []byte) (reply []byte, failure string)
}

func newLambdaState() *lambdaState {
	return &lambdaState{functions: make(map[string]*function)}
}

// A function is a Lambda function with its only version, $LATEST.
type function struct {
	name, arn   string
	config      map[string]any // members of FunctionConfiguration but for its states
	zip         []byte
	tags        map[string]any
	reserved    *int64 // concurrency, nil for what the account has
	permissions []permission
	pending     int // polls until it is Active
	updating    int // polls until its last update is Successful
}

// lambdaOperations are the operations of Lambda that are served, by their names.
func lambdaOperations() map[string]operation {
	return map[string]operation{
		"CreateFunction":               createFunction,
		"GetFunction":                  getFunction,
		"GetFunctionConfiguration":     getFunctionConfiguration,
		"GetFunctionCodeSigningConfig": getFunctionCodeSigningConfig,
		"ListFunctions":                listFunctions,
		"ListVersionsByFunction":       listVersionsByFunction,
		"UpdateFunctionCode":           updateFunctionCode,
		"UpdateFunctionConfiguration":  updateFunctionConfiguration,
		"DeleteFunction":               deleteFunction,
		"ListTags":                     listFunctionTags,
		"TagResource":                  tagFunction,
		"UntagResource":                untagFunction,
		"PutFunctionConcurrency":       putFunctionConcurrency,
		"GetFunctionConcurrency":       getFunctionConcurrency,
		"DeleteFunctionConcurrency":    deleteFunctionConcurrency,
		"AddPermission":                addPermission,
		"GetPolicy":                    getPolicy,
		"RemovePermission":             removePermission,
		"Invoke":                       invokeFunction,
	}
}

// resources names everything that exists.
func (s *lambdaState) resources() []string {
	var all []string
	for name := range s.functions {
		all = append(all, "lambda function "+name)
	}
	return all
}

// functionName returns the name in what Lambda takes for one: a name, an ARN or a part of an ARN,
// with or without a qualifier.
func functionName(s string) string {
	s = strings.TrimPrefix(s, "arn:aws:lambda:"+Region+":")
	s = strings.TrimPrefix(s, Account+":")
	s = strings.TrimPrefix(s, "function:")
	name, _, _ := strings.Cut(s, ":")
	return name
}

func functionARN(c *Cloud, name string) string { return account.ARN("lambda", "function:"+name) }

// findFunction returns the function that an input names, by itself or in an ARN.
func findFunction(c *Cloud, in wire.Params) (*function, error) {
	named := in.Str("FunctionName") + in.Str("Resource")
	f := c.lambda.functions[functionName(named)]
	if f == nil {
		return nil, noFunction(functionARN(c, functionName(named)))
	}
	if q := in.Str("Qualifier"); q != "" && q != "$LATEST" {
		return nil, noFunction(f.arn + ":" + q)
	}
	return f, nil
}

func noFunction(arn string) error {
	return wire.Fail(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", arn)
}

// badParameter is Lambda's answer to a value that its model allows and it does not.
func badParameter(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

// conflict is Lambda's answer to what cannot be done now.
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

// look describes the function to somebody who waits for it.
func (f *function) look() map[string]any {
	out := f.describe()
	if !account.Poll(&f.pending) {
		account.Poll(&f.updating)
	}
	return out
}

// ready is nil if the function can be worked on. Asking counts as a poll.
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
func (f *function) touch(c *Cloud) {
	f.config["LastModified"] = c.Now().UTC().Format("2006-01-02T15:04:05.000-0700")
	f.config["RevisionId"] = c.NewUUID()
}

// sortedFunctions returns all functions by name.
func (s *lambdaState) sortedFunctions() []*function {
	all := slices.Collect(maps.Values(s.functions))
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.name, b.name) })
	return all
}
