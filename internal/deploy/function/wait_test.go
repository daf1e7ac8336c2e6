package function

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func TestRoleIsNotReady(t *testing.T) {
	for text, want := range map[string]bool{
		"The role defined for the function cannot be assumed by Lambda.": true,
		"The role defined for the function does not have permissions to call " +
			"ec2:CreateNetworkInterface": true,
		"The provided execution role does not have permissions to call PutTraceSegments on XRAY": true,
		"Lambda was unable to configure access because the KMS key is invalid for CreateGrant. " +
			"InvalidArn": true,
		"Unzipped size must be smaller than 262144000 bytes": false,
	} {
		err := fmt.Errorf("around: %w", &types.InvalidParameterValueException{Message: &text})
		if got := isRoleNotReady(err); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if isRoleNotReady(errors.New(text)) {
			t.Errorf("%s: any error will do", text)
		}
	}
}
