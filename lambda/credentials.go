package lambda

import (
	"context"
	"errors"
)

// A CredentialsProvider returns the key to sign a request with. Retrieve is called for each attempt
// of each request, by many goroutines at once, so a provider that asks a service keeps the answer
// until it expires.
//
// A provider of the AWS SDK becomes one with [CredentialsFunc].
type CredentialsProvider interface {
	Retrieve(ctx context.Context) (Key, error)
}

// A CredentialsFunc is a function as a CredentialsProvider.
type CredentialsFunc func(ctx context.Context) (Key, error)

var _ CredentialsProvider = CredentialsFunc(nil)

// Retrieve calls f.
func (f CredentialsFunc) Retrieve(ctx context.Context) (Key, error) { return f(ctx) }

// A Key is an access key of AWS. As a CredentialsProvider it returns itself.
type Key struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // of temporary credentials; else empty
}

var _ CredentialsProvider = Key{}

// Retrieve returns k. It is an error if one of its halves is missing.
func (k Key) Retrieve(context.Context) (Key, error) {
	if k.AccessKeyID == "" || k.SecretAccessKey == "" {
		return Key{}, errors.New("the key lacks its id or its secret")
	}
	return k, nil
}

// String returns the id, so that a log of the Key does not tell its secret.
func (k Key) String() string { return k.AccessKeyID }

// GoString is String for %#v.
func (k Key) GoString() string { return "lambda.Key{" + k.AccessKeyID + "}" }
