package deploy

import (
	"cmp"
	"fmt"
	"strings"
)

// An Account is where an application is put.
type Account struct {
	ID        string // twelve digits
	Region    string // such as "eu-central-1"
	Partition string // "aws", "aws-cn", "aws-us-gov" and others
}

// arn returns an Amazon Resource Name in this account and region.
func (a Account) arn(service, resource string) string {
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

// apiHost returns the host name of an API
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html).
func (a Account) apiHost(apiID string) string {
	return fmt.Sprintf("%s.execute-api.%s.%s", apiID, a.Region, dnsSuffix(a.Partition))
}

// url returns where clients connect.
func (a Account) url(apiID, stage string) string {
	return "wss://" + a.apiHost(apiID) + "/" + stage + "/"
}

// endpoint returns where the @connections API is: what lambda.SenderConfig calls Endpoint. The API's own
// host name serves it whether there is a custom domain or not.
func (a Account) endpoint(apiID, stage string) string {
	return "https://" + a.apiHost(apiID) + "/" + stage
}

// invocationURI returns what API Gateway calls a function by
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html).
func (a Account) invocationURI(functionARN string) string {
	return fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations",
		a.Partition, a.Region, functionARN)
}

// functionARN returns the ARN that a function of this name has.
func (a Account) functionARN(name string) string { return a.arn("lambda", "function:"+name) }

// partitionOf returns the partition in an ARN.
func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[0] != "arn" {
		return "aws"
	}
	return parts[1]
}
