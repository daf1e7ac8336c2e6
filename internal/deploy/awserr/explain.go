// Package awserr says what errors of AWS mean: whether they pass, and what to do about them.
package awserr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// An explained error says what to do about the error of AWS that it wraps.
type explained struct {
	text string
	err  error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.err }

// A Refusal is the answer of AWS to a request that it refuses.
type Refusal interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// An operationError wraps all errors of the SDK.
type operationError interface {
	error
	Service() string
	Operation() string
}

// Explain adds to an error of AWS what to do about it, if that is known: it names what is not
// allowed, or the limit that is reached. The account may be the zero value if it is not known yet.
func Explain(err error, account spec.Account) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	// A timeout of a connection is the error of a deadline, too.
	if errors.Is(err, context.DeadlineExceeded) && !isUnreachable(err) {
		return err
	}
	if text := explanation(err, account); text != "" {
		return &explained{text, err}
	}
	return err
}

func explanation(err error, account spec.Account) string {
	if text := withoutCredentials(err); text != "" {
		return text
	}
	if text := unreachable(err); text != "" {
		return text
	}
	e, ok := errors.AsType[Refusal](err)
	if !ok {
		return ""
	}
	for _, c := range causes() {
		if c.fits(e) {
			return c.text(err, e, account)
		}
	}
	return ""
}

// A cause is a reason for refusals, known by their codes or by what they say.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/CommonErrors.html and each service's own)
type cause struct {
	codes []string
	says  string
	is    func(Refusal) bool
	text  func(err error, e Refusal, account spec.Account) string
}

func (c cause) fits(e Refusal) bool {
	return slices.Contains(c.codes, e.ErrorCode()) || c.is != nil && c.is(e) ||
		c.says != "" && strings.Contains(e.ErrorMessage(), c.says)
}

// causes returns all causes. The first that fits counts.
func causes() []cause {
	return []cause{
		{codes: []string{"RequestTimeTooSkewed", "RequestExpired"}, text: skewed},
		{says: "Signature expired", text: skewed},
		{says: "Signature not yet current", text: skewed},
		{
			codes: []string{
				"AccessDenied", "AccessDeniedException", "ForbiddenException", "UnauthorizedOperation",
			},
			text: denied,
		},
		{codes: []string{"ExpiredToken", "ExpiredTokenException"}, text: expired},
		{
			codes: []string{
				"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
				"SignatureDoesNotMatch", "AuthFailure", "IncompleteSignature",
				"MissingAuthenticationToken", "MissingAuthenticationTokenException",
			},
			text: unknown,
		},
		{
			codes: []string{"ServiceQuotaExceededException", "CodeStorageExceededException"},
			is:    isQuota, text: exhausted,
		},
		{says: "CloudWatch Logs role ARN must be set", text: mayNotLog},
		{says: "is not allowed to be used with log group", text: lockedKey},
		{says: "Maximum number of", text: exhausted},
		{says: "UnreservedConcurrentExecution", text: exhausted},
		{
			codes: []string{
				"TooManyRequestsException", "Throttling", "ThrottlingException", "ThrottledException",
				"RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown",
				"LimitExceeded", "LimitExceededException",
			},
			text: tooBusy,
		},
	}
}

// withoutCredentials explains missing credentials. The SDK has no type for these errors.
func withoutCredentials(err error) string {
	text := err.Error()
	_, cause, ok := strings.Cut(text, "get identity: ")
	switch {
	case !ok:
		return ""
	case strings.Contains(cause, "SSO") || strings.Contains(cause, "sso"):
		return "the session of AWS IAM Identity Center has ended, or there is none: log in with " +
			"\"aws sso login\" and run the command again (" + cause + ")"
	case strings.Contains(cause, "IMDS"):
		return "there are no AWS credentials: give --profile, set AWS_PROFILE, or AWS_ACCESS_KEY_ID " +
			"and AWS_SECRET_ACCESS_KEY, or make a profile with \"aws configure\""
	}
	return "there are no AWS credentials that work: " + cause
}

// unreachable explains that there is no connection to a server.
func unreachable(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("cannot find the host %s: is this machine online, and are the region, "+
			"--endpoint-url and AWS_ENDPOINT_URL right? (%v)", dns.Name, dns)
	}
	if text := stranger(err); text != "" {
		return text
	}
	if !isUnreachable(err) {
		return ""
	}
	return fmt.Sprintf("cannot connect: is this machine online, are --endpoint-url and "+
		"AWS_ENDPOINT_URL right, and does HTTPS_PROXY name a proxy that runs? (%s)", brief(err))
}

// denial finds the denied action and resource in an error message.
func denial(message string) (action, resource string) {
	m := regexp.MustCompile(`not authorized to perform: (\S+?)(?: on resource: (\S+?))?[.,]?(?:\s|$)`).
		FindStringSubmatch(message)
	if m == nil {
		return "", ""
	}
	return m[1], strings.Trim(m[2], `"`)
}

func denied(err error, e Refusal, account spec.Account) string {
	action, resource := denial(e.ErrorMessage())
	if action == "" {
		action = operation(err)
	}
	text := action
	if resource != "" {
		text += " on " + resource
	}
	if account.ID != "" {
		text += " in account " + account.ID
	}
	return text + " is not allowed with these credentials; \"tyg gen-policy --deployer\" prints the " +
		"policy that they need (" + said(e) + ")"
}

func expired(_ error, e Refusal, _ spec.Account) string {
	return "these credentials have expired: get new ones, with \"aws sso login\" or the way you got " +
		"these, and run the command again, which continues where this one ends (" + said(e) + ")"
}

func unknown(_ error, e Refusal, account spec.Account) string {
	text := "AWS does not know these credentials, or the secret key is wrong: check --profile, " +
		"AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
	if account.Region != "" {
		text += "; or region " + account.Region + " is not enabled for the account"
	}
	return text + " (" + said(e) + ")"
}

func skewed(_ error, e Refusal, _ spec.Account) string {
	return "the clock of this machine is wrong: set it, and run the command again (" + said(e) + ")"
}

// mayNotLog explains a missing setting that tyg does not change, because it is for all APIs of the
// account.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html)
func mayNotLog(_ error, e Refusal, account spec.Account) string {
	command := "aws apigateway update-account " +
		"--patch-operations op=replace,path=/cloudwatchRoleArn,value=ROLE_ARN"
	if account.Region != "" {
		command += " --region " + account.Region
	}
	return "API Gateway has no role to write logs with: set it once for account and region with \"" +
		command + "\", where ROLE_ARN is a role that apigateway.amazonaws.com may assume, with the " +
		"policy AmazonAPIGatewayPushToCloudWatchLogs, and run the command again (" + said(e) + ")"
}

// lockedKey explains a key that CloudWatch Logs may not use.
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)
func lockedKey(_ error, e Refusal, account spec.Account) string {
	return "CloudWatch Logs cannot use the key of log_kms_key: it must be a symmetric one of the " +
		"same region, and the policy of the key must allow kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, " +
		"kms:GenerateDataKey* and kms:Describe* to logs." + account.Region + ".amazonaws.com (" +
		said(e) + ")"
}

func tooBusy(err error, e Refusal, _ spec.Account) string {
	return operation(err) + ": AWS throttles calls of this kind, and has refused all attempts: wait " +
		"a few minutes and run the command again, which continues where this one ends (" + said(e) + ")"
}

// exhausted explains quotas.
// (https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html)
func exhausted(err error, e Refusal, account spec.Account) string {
	where := "the account"
	if account.ID != "" {
		where = fmt.Sprintf("account %s in %s", account.ID, account.Region)
	}
	service, _, _ := strings.Cut(operation(err), ":")
	return fmt.Sprintf("%s has reached a limit of %s: delete what is no longer needed, or ask for "+
		"more at https://console.aws.amazon.com/servicequotas/home/services/%s/quotas (%s)",
		where, operation(err), service, said(e))
}

// operation returns the call that failed, such as "lambda:CreateFunction".
func operation(err error) string {
	op, ok := errors.AsType[operationError](err)
	if !ok {
		return "aws"
	}
	prefix := map[string]string{
		"ApiGatewayV2": "apigateway", "CloudWatch Logs": "logs", "Route 53": "route53",
	}[op.Service()]
	if prefix == "" {
		prefix = strings.ToLower(op.Service())
	}
	return prefix + ":" + op.Operation()
}

// said returns the error as AWS has worded it.
func said(e Refusal) string { return e.ErrorCode() + ": " + e.ErrorMessage() }
