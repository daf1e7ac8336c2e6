package awserr

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func TestIsTransient(t *testing.T) {
	tests := []struct {
		code, message string
		want          aws.Ternary
	}{
		{
			"ConflictException",
			"Unable to complete operation due to concurrent modification. Please try again later.",
			aws.TrueTernary,
		},
		{
			"OperationAbortedException", "A conflicting operation is currently in progress",
			aws.TrueTernary,
		},
		{"ConcurrentModification", "", aws.TrueTernary},
		{"ConflictException", "Route with key $connect already exists for this API", aws.UnknownTernary},
		{"LimitExceededException", "Maximum number of APIs reached", aws.FalseTernary},
		{
			"LimitExceededException",
			"Subscriber limit exceeded: only 10 tables can be created simultaneously",
			aws.UnknownTernary,
		},
	}
	for _, tt := range tests {
		err := &refusedCall{"lambda", "AddPermission", tt.code, tt.message}
		if got := IsTransient(errors.Join(errors.New("around"), err)); got != tt.want {
			t.Errorf("%s %q: %v, want %v", tt.code, tt.message, got, tt.want)
		}
	}
	cert := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	if got := IsTransient(fmt.Errorf("around: %w", cert)); got != aws.FalseTernary {
		t.Errorf("%v: %v, want %v", cert, got, aws.FalseTernary)
	}
	if got := IsTransient(errors.New("connection reset")); got != aws.UnknownTernary {
		t.Errorf("no answer at all: %v", got)
	}
}

// TestQuotasAreFinal distinguishes quotas from calls that are throttled, which have the same codes.
func TestQuotasAreFinal(t *testing.T) {
	for _, tt := range []struct {
		code, message string
		final         bool
	}{
		{"LimitExceededException", "Subscriber limit exceeded: There is a limit of 2500 tables per " +
			"subscriber", true},
		{"LimitExceededException", "Subscriber limit exceeded: Only 500 tables can be created, " +
			"updated, or deleted simultaneously", false},
		{"LimitExceededException", "Resource limit exceeded.", true},
		{"LimitExceededException", "Rate exceeded", false},
		{"LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", true},
		{"TooManyRequestsException", "Too Many Requests", false},
		{"TooManyRequestsException", "Maximum number of Routes for this API has been reached. Please " +
			"contact AWS if you need additional Routes.", true},
		{"ThrottlingException", "Rate exceeded", false},
	} {
		err := &refusedCall{"ApiGatewayV2", "CreateApi", tt.code, tt.message}
		if final := IsTransient(err) == aws.FalseTernary; final != tt.final {
			t.Errorf("%s %q: final is %v", tt.code, tt.message, final)
		}
		text := Explain(err, spec.Account{}).Error()
		if tt.final != strings.Contains(text, "servicequotas") || !strings.Contains(text, tt.message) {
			t.Errorf("%s %q is explained by %q", tt.code, tt.message, text)
		}
	}
}
