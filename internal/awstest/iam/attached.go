package iam

import (
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// managedPolicies are the policies of AWS that can be attached here.
// (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html)
var managedPolicies = map[string]string{
	"service-role/AWSLambdaBasicExecutionRole": `{"Version":"2012-10-17","Statement":[{
		"Effect":"Allow","Resource":"*",
		"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"]}]}`,
	"service-role/AWSLambdaVPCAccessExecutionRole": `{"Version":"2012-10-17","Statement":[{
		"Sid":"AWSLambdaVPCAccessExecutionPermissions","Effect":"Allow","Resource":"*",
		"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents",
		"ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses",
		"ec2:UnassignPrivateIpAddresses"]}]}`,
	"service-role/AmazonAPIGatewayPushToCloudWatchLogs": `{"Version":"2012-10-17","Statement":[{
		"Effect":"Allow","Resource":"*",
		"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogGroups",
		"logs:DescribeLogStreams","logs:PutLogEvents","logs:GetLogEvents",
		"logs:FilterLogEvents"]}]}`,
	"AmazonDynamoDBFullAccess": `{"Version":"2012-10-17","Statement":[{
		"Effect":"Allow","Resource":"*","Action":["dynamodb:*"]}]}`,
}

// managedPrefix is before the names in managedPolicies.
const managedPrefix = "arn:aws:iam::aws:policy/"

// managedPolicy returns one of AWS's own policies, or nil.
func managedPolicy(arn string) *policy {
	doc, ok := managedPolicies[strings.TrimPrefix(arn, managedPrefix)]
	if !ok || !strings.HasPrefix(arn, managedPrefix) {
		return nil
	}
	p, err := parseIdentityPolicy(doc)
	if err != nil {
		panic(arn + ": " + err.Error())
	}
	return p
}

// attachRolePolicy attaches a policy. It does nothing if the policy is attached.
func (s *State) attachRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	arn := in.Str("PolicyArn")
	at, attached := slices.BinarySearch(r.attached, arn)
	if managedPolicy(arn) == nil {
		return nil, notFound("Policy %s does not exist or is not attachable.", arn)
	}
	if !attached {
		r.attached = slices.Insert(r.attached, at, arn)
	}
	return nil, nil
}

func (s *State) detachRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	arn := in.Str("PolicyArn")
	at, attached := slices.BinarySearch(r.attached, arn)
	if !attached {
		return nil, notFound("Policy %s was not found.", arn)
	}
	r.attached = slices.Delete(r.attached, at, at+1)
	return nil, nil
}

func (s *State) listAttachedRolePolicies(in wire.Params) (map[string]any, error) {
	r, err := s.role(in)
	if err != nil {
		return nil, err
	}
	some, next := account.PageOfStrings(s.Account, r.attached, in.Num("MaxItems"), in.Str("Marker"))
	policies := []any{}
	for _, arn := range some {
		policies = append(policies, map[string]any{
			"PolicyArn": arn, "PolicyName": arn[strings.LastIndex(arn, "/")+1:],
		})
	}
	return marked("AttachedPolicies", policies, next), nil
}
