package awsconfig

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
)

// An advice says what to do. It hides what AWS has answered: that a role may not be assumed, say,
// would be explained as a call that the deployer's policy lacks.
type advice struct{ error }

// Unwrap returns that the caller has stopped waiting, if that is so.
func (a advice) Unwrap() error {
	for _, err := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(a.error, err) {
			return err
		}
	}
	return nil
}

// explain says what to do about credentials that cannot be retrieved.
func explain(err error, cfg aws.Config) error {
	if missing, ok := errors.AsType[*CodeError](err); ok {
		return missing
	}
	told := advise(err, cfg)
	if errors.Is(told, ErrNoCredentials) || isOffline(err) {
		return told
	}
	return advice{told}
}

// advise returns the way back, which is that of where the credentials would come from.
func advise(err error, cfg aws.Config) error {
	shared, ok := sharedProfile(cfg)
	refusal, _ := errors.AsType[interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}](err)
	code := ""
	if refusal != nil {
		code = refusal.ErrorCode()
	}
	switch {
	case isOffline(err):
		return fmt.Errorf("get AWS credentials: %w", err)
	case code == "AccessDenied" && strings.Contains(refusal.ErrorMessage(), "MultiFactorAuth"):
		return fmt.Errorf("the code of MFA device %s is wrong, or has been used: wait for the next one "+
			"and run the command again (%s: %s)", shared.MFASerial, code, refusal.ErrorMessage())
	case ok && usesSSO(shared):
		return explainSSO(err, shared)
	case ok && shared.CredentialProcess != "" && isProcess(err):
		return fmt.Errorf("the credential_process of profile %q fails: run it by hand to see why: %s "+
			"(%w)", shared.Profile, shared.CredentialProcess, err)
	case strings.Contains(err.Error(), "jwt") || code == "InvalidIdentityToken" ||
		code == "ExpiredTokenException" && strings.Contains(err.Error(), "WebIdentity"):
		return fmt.Errorf("the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE or "+
			"web_identity_token_file) is missing, has expired, or the role does not trust its issuer: "+
			"in CI, let the job get a new one (%w)", err)
	case code != "" && ok && shared.RoleARN != "":
		return fmt.Errorf("role %s of profile %q cannot be assumed: check its trust policy and the "+
			"credentials of its source_profile (%w)", shared.RoleARN, shared.Profile, err)
	}
	return fmt.Errorf("%w: %w", ErrNoCredentials, err)
}

// usesSSO reports whether a profile, or one that it begins with, logs in by IAM Identity Center.
func usesSSO(p config.SharedConfig) bool {
	for s := &p; s != nil; s = s.Source {
		if s.SSOAccountID != "" || s.SSOSessionName != "" || s.SSOStartURL != "" {
			return true
		}
	}
	return false
}

// explainSSO distinguishes a session that has ended from one that has never been.
func explainSSO(err error, p config.SharedConfig) error {
	login := "aws sso login"
	if p.Profile != "" && p.Profile != "default" {
		login += " --profile " + p.Profile
	}
	text := err.Error()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("profile %q logs in by AWS IAM Identity Center, and has no session yet: run "+
			"\"%s\"", p.Profile, login)
	case strings.Contains(text, "ForbiddenException") || strings.Contains(text, "ResourceNotFound"):
		return fmt.Errorf("you are logged in, and have no role %s in account %s: check sso_role_name "+
			"and sso_account_id of profile %q, or ask for access (%w)", p.SSORoleName, p.SSOAccountID,
			p.Profile, err)
	case strings.Contains(text, "SSO session") || strings.Contains(text, "SSO token") ||
		strings.Contains(text, "UnauthorizedException"):
		return fmt.Errorf("the session of AWS IAM Identity Center of profile %q has ended: run \"%s\" "+
			"and then this command again", p.Profile, login)
	}
	return fmt.Errorf("profile %q logs in by AWS IAM Identity Center, which fails: try \"%s\" (%w)",
		p.Profile, login, err)
}

// isOffline reports that there is no connection to where credentials come from.
func isOffline(err error) bool {
	_, dns := errors.AsType[*net.DNSError](err)
	op, ok := errors.AsType[*net.OpError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return dns || untrusted || ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

func isProcess(err error) bool {
	_, ok := errors.AsType[*processcreds.ProviderError](err)
	return ok
}
