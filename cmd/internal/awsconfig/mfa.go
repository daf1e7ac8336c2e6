package awsconfig

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// A CodeError means that a profile needs the code of an MFA device, and there is none.
type CodeError struct{ Text string }

func (e *CodeError) Error() string {
	return "the profile needs the code of an MFA device: " + e.Text
}

// sessionLength is how long the credentials of a role last if the profile has no duration_seconds.
// Every role allows it. The SDK's default of 15 minutes is less than a long deploy takes.
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
const sessionLength = time.Hour

// withCodes lets profiles with mfa_serial ask for codes. ask gets the serial number of the device;
// it may be nil.
func withCodes(ask func(device string) (string, error)) func(*config.LoadOptions) error {
	return config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
		if o.Duration == 0 {
			o.Duration = sessionLength
		}
		device := aws.ToString(o.SerialNumber)
		o.TokenProvider = func() (string, error) {
			if ask == nil {
				return "", &CodeError{device + "; this command does not ask for it"}
			}
			code, err := ask(device)
			if err != nil {
				return "", err
			}
			return code, checkCode(code)
		}
	})
}

// checkCode reports a code that no device shows.
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
func checkCode(code string) error {
	digits := len(code) == 6
	for _, c := range code {
		digits = digits && '0' <= c && c <= '9'
	}
	if !digits {
		return &CodeError{fmt.Sprintf("a code has six digits, and %q has not", code)}
	}
	return nil
}
