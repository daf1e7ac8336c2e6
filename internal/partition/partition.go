// Package partition knows under which domain names the services of an AWS region are.
package partition

import "strings"

// Suffix returns the domain of a region's services.
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json)
func Suffix(region string) string {
	switch prefix(region) {
	case "cn":
		return "amazonaws.com.cn"
	case "eusc":
		return "amazonaws.eu"
	case "us-iso":
		return "c2s.ic.gov"
	case "us-isob":
		return "sc2s.sgov.gov"
	case "eu-isoe":
		return "cloud.adc-e.uk"
	case "us-isof":
		return "csp.hci.ic.gov"
	}
	return "amazonaws.com"
}

// DualStackSuffix returns the domain of the services that also speak IPv6, from the same table.
func DualStackSuffix(region string) string {
	switch prefix(region) {
	case "cn":
		return "api.amazonwebservices.com.cn"
	case "eusc":
		return "api.amazonwebservices.eu"
	case "us-iso":
		return "api.aws.ic.gov"
	case "us-isob":
		return "api.aws.scloud"
	case "eu-isoe":
		return "api.cloud-aws.adc-e.uk"
	case "us-isof":
		return "api.aws.hci.ic.gov"
	}
	return "api.aws"
}

// prefix returns the prefix of a region's name that tells its partition, or "" for the commercial
// partition and that of the US government, which share their domains.
func prefix(region string) string {
	for _, p := range []string{"cn", "eusc", "us-iso", "us-isob", "eu-isoe", "us-isof"} {
		if strings.HasPrefix(region, p+"-") {
			return p
		}
	}
	return ""
}
