package awserr

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A refusedCall is what the SDK returns when AWS refuses an operation.
type refusedCall struct {
	service, operation, code, message string
}

func (e *refusedCall) Error() string {
	return fmt.Sprintf("operation error %s: %s, https response error StatusCode: 400, %s: %s",
		e.service, e.operation, e.code, e.message)
}
func (e *refusedCall) Service() string      { return e.service }
func (e *refusedCall) Operation() string    { return e.operation }
func (e *refusedCall) ErrorCode() string    { return e.code }
func (e *refusedCall) ErrorMessage() string { return e.message }

func TestC31ErrorsSayWhatToDo(t *testing.T) {
	const denied = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: " +
		"iam:PassRole on resource: arn:aws:iam::123456789012:role/echo-dev because no identity-based " +
		"policy allows the iam:PassRole action"
	here := spec.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	for _, test := range []struct {
		name string
		err  error
		want []string
	}{
		{
			"denied", &refusedCall{"Lambda", "CreateFunction", "AccessDeniedException", denied},
			[]string{
				"iam:PassRole on arn:aws:iam::123456789012:role/echo-dev in account 123456789012",
				"is not allowed",
				"tyg gen-policy --deployer", "no identity-based policy",
			},
		},
		{
			"denied without a resource",
			&refusedCall{"CloudWatch Logs", "CreateLogGroup", "AccessDeniedException", "no"},
			[]string{"logs:CreateLogGroup in account 123456789012 is not allowed"},
		},
		{
			"expired", &refusedCall{"STS", "GetCallerIdentity", "ExpiredToken", "The token is expired"},
			[]string{"these credentials have expired", "aws sso login"},
		},
		{
			"unknown", &refusedCall{"STS", "GetCallerIdentity", "InvalidClientTokenId", "invalid"},
			[]string{"AWS does not know these credentials", "AWS_ACCESS_KEY_ID", "region us-west-2"},
		},
		{
			"clock",
			&refusedCall{
				"Lambda", "GetFunction", "InvalidSignatureException",
				"Signature expired: 20261122T000000Z is now earlier than 20261122T100000Z",
			},
			[]string{"the clock of this machine is wrong"},
		},
		{
			"throttled", &refusedCall{"ApiGatewayV2", "CreateApi", "TooManyRequestsException", "slow down"},
			[]string{"apigateway:CreateApi: AWS throttles calls of this kind", "wait a few minutes"},
		},
		{
			"quota of roles", &refusedCall{"IAM", "CreateRole", "LimitExceeded", "Cannot exceed quota"},
			[]string{
				"account 123456789012 in us-west-2 has reached a limit of iam:CreateRole",
				"services/iam/quotas",
			},
		},
		{
			"quota of code",
			&refusedCall{"Lambda", "UpdateFunctionCode", "CodeStorageExceededException", "75 GB"},
			[]string{"limit of lambda:UpdateFunctionCode", "services/lambda/quotas"},
		},
		{
			"quota of APIs",
			&refusedCall{
				"ApiGatewayV2", "CreateApi", "BadRequestException",
				"Maximum number of APIs for this account has been reached.",
			},
			[]string{"services/apigateway/quotas"},
		},
		{
			"no role for logs",
			&refusedCall{
				"ApiGatewayV2", "CreateStage", "BadRequestException",
				"CloudWatch Logs role ARN must be set in account settings to enable logging",
			},
			[]string{
				"set it once for account and region with \"aws apigateway update-account " +
					"--patch-operations op=replace,path=/cloudwatchRoleArn,value=ROLE_ARN " +
					"--region us-west-2\"",
				"CloudWatch Logs role ARN must be set",
			},
		},
		{
			"quota of concurrency",
			&refusedCall{
				"Lambda", "PutFunctionConcurrency", "InvalidParameterValueException",
				"Specified ReservedConcurrentExecutions for function decreases account's " +
					"UnreservedConcurrentExecution below its minimum value of [100].",
			},
			[]string{"limit of lambda:PutFunctionConcurrency", "below its minimum"},
		},
		{
			"no credentials",
			errors.New("operation error STS: GetCallerIdentity, get identity: get credentials: failed to " +
				"refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata"),
			[]string{"there are no AWS credentials", "--profile", "aws configure"},
		},
		{
			"no session",
			errors.New("operation error STS: GetCallerIdentity, get identity: get credentials: failed to " +
				"refresh cached credentials, the SSO session has expired or is invalid"),
			[]string{"aws sso login"},
		},
		{
			"half a key", errors.New("x, get identity: get credentials: static credentials are empty"),
			[]string{"no AWS credentials that work: get credentials: static credentials are empty"},
		},
		{
			"no network",
			&net.DNSError{Err: "no such host", Name: "lambda.us-west-2.amazonaws.com", IsNotFound: true},
			[]string{
				"cannot find the host lambda.us-west-2.amazonaws.com", "are the region, --endpoint-url",
			},
		},
		{
			"refused connection", refusedDial(),
			[]string{
				"cannot connect: ", "--endpoint-url", "AWS_ENDPOINT_URL", "HTTPS_PROXY",
				"dial tcp 127.0.0.1:1: connect: connection refused",
			},
		},
		{
			"no answer", &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded},
			[]string{"cannot connect: "},
		},
		{
			"proxy with a certificate of its own",
			&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
			[]string{"the certificate of the server is not trusted", "AWS_CA_BUNDLE"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Explain(fmt.Errorf("around: %w", test.err), here)
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is\n%v\nwant %q in it", err, want)
				}
			}
			if !errors.Is(err, test.err) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestExplainLeavesOtherErrorsAlone(t *testing.T) {
	for _, err := range []error{
		nil, errors.New("disk full"), fmt.Errorf("wait: %w", context.Canceled), context.DeadlineExceeded,
		&refusedCall{"Lambda", "CreateFunction", "InvalidParameterValueException", "bad"},
	} {
		if got := Explain(err, spec.Account{}); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestDenial(t *testing.T) {
	for text, want := range map[string][2]string{
		"User: u is not authorized to perform: lambda:GetFunction on resource: arn:x:y because of z": {
			"lambda:GetFunction", "arn:x:y",
		},
		"User: u is not authorized to perform: sts:AssumeRole on resource: arn:x:y": {
			"sts:AssumeRole",
			"arn:x:y",
		},
		"User: u is not authorized to perform: lambda:ListTags.": {
			"lambda:ListTags",
			"",
		},
		"User: u is not authorized to perform: apigateway:POST on resource: arn:a:/": {
			"apigateway:POST",
			"arn:a:/",
		},
		"Forbidden": {"", ""},
	} {
		if action, resource := denial(text); [2]string{action, resource} != want {
			t.Errorf("%s: got %q on %q, want %q", text, action, resource, want)
		}
	}
}
