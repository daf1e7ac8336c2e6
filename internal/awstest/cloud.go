package awstest

import (
	"slices"
	"sync"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/acm"
	"github.com/tyg-dev/tyg/internal/awstest/apigateway"
	"github.com/tyg-dev/tyg/internal/awstest/dynamodb"
	"github.com/tyg-dev/tyg/internal/awstest/events"
	"github.com/tyg-dev/tyg/internal/awstest/iam"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
	"github.com/tyg-dev/tyg/internal/awstest/logs"
	"github.com/tyg-dev/tyg/internal/awstest/route53"
	"github.com/tyg-dev/tyg/internal/awstest/s3"
	"github.com/tyg-dev/tyg/internal/awstest/sns"
	"github.com/tyg-dev/tyg/internal/awstest/vault"
)

// The account and region of every [Cloud].
const (
	Region  = account.Region
	Account = account.ID

	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	caller = "arn:aws:iam::" + Account + ":user/tester"
)

// A Cloud is the control plane of AWS for one account in one region, in memory: an http.Handler
// that serves iam, sts, ssm, secretsmanager, lambda, apigatewayv2, logs, dynamodb, objects of s3,
// events, sns, acm and route53 on one address. Make it with [New]. It may be used concurrently.
type Cloud struct {
	// Account is what the services share. Set its Settle and PageSize before the first request; its
	// methods are for the services, under mu.
	*account.Account

	services map[string]*service // by signing name, static after New

	mu         sync.Mutex // guards what follows
	calls      []Call
	logical    map[string]int // the index in calls, by the id that a client gives its attempts
	violations []string
	fault      func(n int, service, operation string) Fault

	iam     *iam.State
	logs    *logs.State
	lambda  *lambda.State
	gateway *apigateway.State
	dynamo  *dynamodb.State
	s3      *s3.State
	events  *events.State
	sns     *sns.State
	vault   *vault.State
	acm     *acm.State
	route53 *route53.State
	dns     map[string]string // records elsewhere: values by name and type
}

// A Call is a request whose operation is known.
type Call struct {
	Service   string // "iam", "sts", "lambda", "apigatewayv2", "logs", "dynamodb", "s3" and so on
	Operation string
	Input     map[string]any // by the model's names; it must not be changed
	Code      string         // of the error that answered the last attempt; empty if all was well
	Attempts  int            // how often it arrived: a client's own retries are one call
}

// New returns an empty account.
func New() *Cloud {
	a := account.New()
	roles := iam.New(a)
	functions := lambda.New(a, roles)
	c := &Cloud{
		Account: a, logical: make(map[string]int),
		iam: roles, lambda: functions, logs: logs.New(a),
		gateway: apigateway.New(a, functions), dynamo: dynamodb.New(a), s3: s3.New(a),
		events: events.New(a, functions), sns: sns.New(a, functions),
		vault: vault.New(a), acm: acm.New(a), route53: route53.New(a), dns: make(map[string]string),
	}
	c.acm.Lookup, c.acm.InUse = c.lookup, c.gateway.HasCertificate
	c.gateway.Issued = c.acm.Issued
	functions.Object, functions.HasStream = c.s3.Object, c.dynamo.HasStream
	c.services = c.newServices()
	return c
}

// Key returns the access key that requests must be signed with. It may do everything.
func (c *Cloud) Key() (id, secretKey string) { return keyID, secret }

// Calls returns the calls so far, in the order in which they began. Attempts of one call
// that carry the same amz-sdk-invocation-id header, as all of AWS's own clients send it, are one.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Violations returns the mistakes in requests: signatures that are wrong, operations and members
// that do not exist, members that are missing or break a constraint of the model. A test of a
// client should end with none, even if the client handled the error. It also has responses of
// Cloud itself that are not in the model.
func (c *Cloud) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Resources returns everything that exists in the account, sorted: "iam role NAME", "lambda
// function NAME", "apigatewayv2 api ID NAME", "dynamodb table NAME", "logs group NAME" and so
// on. An empty account has none. Service-linked roles are left out: only AWS can delete them.
func (c *Cloud) Resources() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resources()
}

func (c *Cloud) resources() []string {
	all := slices.Concat(c.iam.Resources(), c.logs.Resources(), c.lambda.Resources(),
		c.gateway.Resources(), c.dynamo.Resources(), c.events.Resources(), c.sns.Resources(),
		c.acm.Resources(), c.route53.Resources())
	slices.Sort(all)
	return all
}
