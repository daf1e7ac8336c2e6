package awserr

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
