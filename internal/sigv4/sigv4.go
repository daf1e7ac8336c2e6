// Package sigv4 makes and verifies AWS Signature Version 4 on HTTP requests.
//
// It serves both sides of API Gateway's @connections API: a gateway verifies the requests of AWS
// SDKs with [Verifier], and this module's own clients sign with [Sign]. The rules are those of all
// services except S3: the path is escaped once more before it is hashed.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
package sigv4

import "time"

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	dateFormat = "20060102"

	// unsignedPayload stands for the hash of a body that the signature does not cover.
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// Credentials are the keys that a client signs with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty unless the credentials are temporary
}

// An Identity is the signer of a request.
type Identity struct {
	AccessKeyID string
	Region      string // the region that the signature is for
}

// A signature is the signature of a request, parsed but not verified.
type signature struct {
	accessKeyID string
	scope       scope
	headers     []string // names of the signed headers, in lower case, in the client's order
	sum         string   // the signature itself, in hexadecimal
	at          time.Time
	expires     time.Duration // how long it is valid, from at; zero if it does not say
	presigned   bool          // in the query, not in the Authorization header
}

// A scope is the day, region and service that a signature is valid for.
type scope struct {
	date, region, service string
}

func (s scope) String() string {
	return s.date + "/" + s.region + "/" + s.service + "/" + terminator
}
