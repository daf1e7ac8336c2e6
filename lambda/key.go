package lambda

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A Key is a credential of AWS that stays the same. For others, use any aws.CredentialsProvider of
// the AWS SDK.
type Key struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // of temporary credentials; else empty
}

var _ aws.CredentialsProvider = Key{}

// Retrieve returns the key as the AWS SDK wants it. It is an error if one of its halves is missing.
func (k Key) Retrieve(context.Context) (aws.Credentials, error) {
	if k.AccessKeyID == "" || k.SecretAccessKey == "" {
		return aws.Credentials{}, errors.New("the key lacks its id or its secret")
	}
	return aws.Credentials{
		AccessKeyID:     k.AccessKeyID,
		SecretAccessKey: k.SecretAccessKey,
		SessionToken:    k.SessionToken,
		Source:          "tyg",
	}, nil
}

// String returns the id, so that a log of the Key does not tell its secret.
func (k Key) String() string { return k.AccessKeyID }

// GoString is String for %#v.
func (k Key) GoString() string { return "lambda.Key{" + k.AccessKeyID + "}" }
