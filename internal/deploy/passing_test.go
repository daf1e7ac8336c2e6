package deploy

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestPassing(t *testing.T) {
	tests := []struct {
		code, message string
		want          aws.Ternary
	}{
		{"ConflictException", "Unable to complete operation due to concurrent modification. Please try again later.", aws.TrueTernary},
		{"OperationAbortedException", "A conflicting operation is currently in progress", aws.TrueTernary},
		{"ConcurrentModification", "", aws.TrueTernary},
		{"ConflictException", "Route with key $connect already exists for this API", aws.UnknownTernary},
		{"LimitExceededException", "Maximum number of APIs reached", aws.FalseTernary},
		{"LimitExceededException", "Subscriber limit exceeded: only 10 tables can be created simultaneously", aws.UnknownTernary},
	}
	for _, tt := range tests {
		err := &refusedCall{"lambda", "AddPermission", tt.code, tt.message}
		if got := passing(errors.Join(errors.New("around"), err)); got != tt.want {
			t.Errorf("%s %q: %v, want %v", tt.code, tt.message, got, tt.want)
		}
	}
	if got := passing(errors.New("connection reset")); got != aws.UnknownTernary {
		t.Errorf("no answer at all: %v", got)
	}
}

func TestSamePolicy(t *testing.T) {
	base := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":["x"]}]}`
	tests := map[string]bool{
		`{ "Statement": {"Resource": "x", "Effect": "Allow", "Action": ["c:D", "a:B"]}, "Version": "2012-10-17" }`: true,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:E"],"Resource":["x"]}]}`:        false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["a:B","c:D"],"Resource":["x"]}]}`:         false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":["x","y"]}]}`:    false,
		``: false,
	}
	for other, want := range tests {
		if got := samePolicy(base, other); got != want {
			t.Errorf("the same as %s: %v", other, got)
		}
	}
}
