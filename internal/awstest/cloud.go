package awstest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// The account and region of every [Cloud].
const (
	Region  = "us-west-2"
	Account = "123456789012"

	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	caller = "arn:aws:iam::" + Account + ":user/tester"
)

// A Cloud is the control plane of AWS for one account in one region, in memory: an http.Handler
// that serves iam, sts, lambda, apigatewayv2, logs and dynamodb on one address. Make it with
// [New]. It may be used concurrently.
type Cloud struct {
	// Settle is how many polls a state lasts that AWS settles in its own time: after CreateRole
	// this many CreateFunction are refused, a function stays Pending for this many reads, and so
	// on. It is a count and never time. New sets 1. It must not change while requests are under
	// way.
	Settle int
	// PageSize is the most entries of a page, however many a client asks for: small, so that who
	// reads only the first page is found out. New sets 2. It must not change while requests are
	// under way.
	PageSize int

	services map[string]*service // by signing name, static after New

	mu         sync.Mutex // guards what follows
	calls      []Call
	logical    map[string]int // the index in calls, by the id that a client gives its attempts
	violations []string
	fault      func(n int, service, operation string) Fault
	clock      time.Time
	ids        uint64

	iam     *iamState
	logs    *logsState
	lambda  *lambdaState
	gateway *gatewayState
	dynamo  *dynamoState
}

// A Call is a request that was understood so far that its operation is known.
type Call struct {
	Service   string // "iam", "sts", "lambda", "apigatewayv2", "logs" or "dynamodb"
	Operation string
	Input     map[string]any // by the model's names; it must not be changed
	Code      string         // of the error that answered the last attempt; empty if all was well
	Attempts  int            // how often it arrived: a client's own retries are one call
}

// New returns an empty account.
func New() *Cloud {
	return &Cloud{
		Settle: 1, PageSize: 2, services: newServices(), logical: make(map[string]int),
		clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		iam:   newIAMState(), logs: newLogsState(), lambda: newLambdaState(),
		gateway: newGatewayState(), dynamo: newDynamoState(),
	}
}

// Key returns the access key that requests must be signed with. It may do everything.
func (c *Cloud) Key() (id, secretKey string) { return keyID, secret }

// Calls returns what was called so far, in the order in which it began. Attempts of one call
// that carry the same amz-sdk-invocation-id header, as all of AWS's own clients send it, are one.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Violations returns what AWS would not have understood: signatures that are wrong, operations
// and members that do not exist, members that are missing or break a constraint of the model. A
// test of a client ends with none, whatever the client did with the error. Answers of Cloud
// itself that do not fit the model are here too.
func (c *Cloud) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Resources returns everything that exists in the account, sorted: "iam role NAME", "lambda
// function NAME", "apigatewayv2 api ID NAME", "dynamodb table NAME", "logs group NAME" and so
// on. An empty account has none. Service-linked roles are not in it: they belong to AWS, which
// alone can delete them.
func (c *Cloud) Resources() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Concat(c.iam.resources(), c.logs.resources(), c.lambda.resources(),
		c.gateway.resources(), c.dynamo.resources())
	slices.Sort(all)
	return all
}

// arn returns the name of a resource of this account and region, such as
// "arn:aws:lambda:us-west-2:123456789012:function:x".
func (c *Cloud) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, Region, Account, resource)
}

// now returns the time of the cloud. It goes on by a second whenever it is looked at.
func (c *Cloud) now() time.Time {
	c.clock = c.clock.Add(time.Second)
	return c.clock
}

// id returns an identifier that was not used before: 10 characters, as API Gateway's are.
func (c *Cloud) id() string {
	c.ids++
	return fmt.Sprintf("a%09x", c.ids*0x9e3779b1&0xfffffffff)
}

// settling counts polls down, and tells whether there was anything left to wait for.
func settling(polls *int) bool {
	if *polls <= 0 {
		return false
	}
	*polls--
	return true
}

// page returns those of all that follow token, at most limit if that is positive, at most
// c.PageSize, and the token of the next page, which is empty after the last. all must be sorted by
// name; a token is the name of the first entry of its page.
func page[T any](c *Cloud, all []T, limit int64, token string, name func(T) string) ([]T, string) {
	for len(all) > 0 && name(all[0]) < token {
		all = all[1:]
	}
	size := c.PageSize
	if limit > 0 && limit < int64(size) {
		size = int(limit)
	}
	if len(all) <= size {
		return all, ""
	}
	return all[:size], name(all[size])
}
