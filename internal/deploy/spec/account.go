package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Account is an AWS account in one region.
type Account struct {
	ID        string // twelve digits
	Region    string // such as "eu-central-1"
	Partition string // "aws", "aws-cn", "aws-us-gov" and others

	// DNSSuffix ends the DNS names of AWS; empty is that of the partition.
	DNSSuffix string
}

// ARN returns an Amazon Resource Name in this account and region.
func (a Account) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", a.Partition, service, a.Region, a.ID, resource)
}

// dnsSuffix returns how the DNS names of a partition end
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
func dnsSuffix(partition string) string {
	suffixes := map[string]string{
		"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov",
		"aws-iso-e": "cloud.adc-e.uk", "aws-iso-f": "csp.hci.ic.gov", "aws-eusc": "amazonaws.eu",
	}
	return cmp.Or(suffixes[partition], "amazonaws.com")
}

// APIHost returns the host name of an API
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html).
func (a Account) APIHost(apiID string) string {
	return fmt.Sprintf("%s.execute-api.%s.%s", apiID, a.Region,
		cmp.Or(a.DNSSuffix, dnsSuffix(a.Partition)))
}

// URL returns the URL that clients connect to.
func (a Account) URL(apiID, stage string) string {
	return "wss://" + a.APIHost(apiID) + "/" + stage + "/"
}

// Endpoint returns the URL of the @connections API: lambda.SenderConfig's Endpoint. The API's own
// host name serves it, with or without a custom domain name.
func (a Account) Endpoint(apiID, stage string) string {
	return "https://" + a.APIHost(apiID) + "/" + stage
}

// InvocationURI returns the integration URI of the function with the given ARN
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html).
func (a Account) InvocationURI(functionARN string) string {
	return fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations",
		a.Partition, a.Region, functionARN)
}

// FunctionARN returns the ARN of the function of a name.
func (a Account) FunctionARN(name string) string { return a.ARN("lambda", "function:"+name) }

// PartitionOf returns the partition in an ARN.
func PartitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[0] != "arn" {
		return "aws"
	}
	return parts[1]
}

// AccountLimits returns how many messages a second, and how many at once, API Gateway takes in an
// account that has not asked for other limits. Where a limit was set once and is to be the
// account's again, these are set: AWS has no call that removes a limit.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
func AccountLimits(region string) (rate float64, burst int) {
	if slices.Contains(LowLimitRegions(), region) {
		return 2_500, 1_250
	}
	return 10_000, 5_000
}

// LowLimitRegions returns the regions with a quarter of the usual [AccountLimits].
func LowLimitRegions() []string {
	return []string{
		"af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
		"ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
		"me-central-1", "mx-central-1",
	}
}

// A Grant lets a principal call a function: a statement of the function's policy.
type Grant struct {
	Principal, Action, Source string

	// URL is a condition about the URL of the function: [URLAuth], [URLInvoke] or none.
	URL string
}

// GrantPrefix begins the ids of the statements that tyg adds; the id of the API follows, or what
// else may call the function.
const GrantPrefix = "tyg-"

// APIGrant returns the statement by which an API may call a function, from all its routes and from
// its authorizer: arn:aws:execute-api:{region}:{account}:{api}/* takes in {api}/{stage}/{route key}
// and {api}/authorizers/{id}.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html)
func (a Account) APIGrant(apiID string) (id string, g Grant) {
	return GrantPrefix + apiID, Grant{
		Principal: "apigateway.amazonaws.com", Action: "lambda:InvokeFunction",
		Source: a.ARN("execute-api", apiID+"/*"),
	}
}
