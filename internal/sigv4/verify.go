package sigv4

import (
	"crypto/subtle"
	"net/http"
	"time"
)

// A Verifier verifies the signatures of requests. Its methods may be called from many goroutines at
// once; its fields must not be changed meanwhile. The zero Verifier refuses every request.
type Verifier struct {
	// Keys returns the secret of an access key, or false if there is no such key; an empty
	// secret counts as none. It must be safe for concurrent use. With nil there are no keys.
	Keys func(accessKeyID string) (secret string, ok bool)

	// Region is the only region that signatures may be for. Empty accepts any, for a gateway
	// outside AWS, which is in no region.
	Region string

	// Service is the service that signatures must be for. Empty means "execute-api".
	Service string

	// Now returns the time. Nil means time.Now.
	Now func() time.Time

	// MaxSkew is how far the time of a signature may be from now, either way. Zero means 5
	// minutes, as at AWS. A presigned URL states for how long it is valid instead.
	MaxSkew time.Duration
}

// Verify returns the signer of r, whose whole body is body; r.Body is not read. Every error is an
// [*Error] with status 403 and a message for the client.
//
// The signature may be in the Authorization header or in the query. If there is an
// x-amz-content-sha256 header, it must be the hash of the body, or "UNSIGNED-PAYLOAD", which means
// that the signature does not cover the body. Session tokens are not verified: the secret alone
// proves the identity.
func (v *Verifier) Verify(r *http.Request, body []byte) (Identity, error) {
	c, err := v.VerifyHead(r)
	if err != nil {
		return Identity{}, err
	}
	return c.VerifyBody(body)
}

// A Claim is what the head of a request says about its signer. [Claim.VerifyBody] proves it.
type Claim struct {
	r       *http.Request
	s       *signature
	secret  string
	payload string // the hash of the body that the head states; empty: it states none
}

// VerifyHead verifies all of a signature that does not need the body, so that a request of a
// stranger is refused before memory is spent on its body: key, region, service and time, and the
// signature itself if the head states the hash of the body. Errors are those of Verify.
func (v *Verifier) VerifyHead(r *http.Request) (*Claim, error) {
	s, err := parse(r)
	if err != nil {
		return nil, err
	}
	if err := v.checkScope(s.scope); err != nil {
		return nil, err
	}
	if err := v.checkTime(s); err != nil {
		return nil, err
	}
	secret, ok := v.secret(s.accessKeyID)
	if !ok {
		return nil, errUnknownKey()
	}
	c := &Claim{r, s, secret, statedHash(r)}
	if c.payload == "" {
		return c, nil
	}
	if err := c.verify(c.payload); err != nil {
		return nil, err
	}
	return c, nil
}

// VerifyBody verifies the rest, and returns the signer of the request, whose whole body is body.
func (c *Claim) VerifyBody(body []byte) (Identity, error) {
	switch c.payload {
	case "":
		if err := c.verify(hashHex(body)); err != nil {
			return Identity{}, err
		}
	case unsignedPayload, hashHex(body): // VerifyHead has verified the signature
	default:
		return Identity{}, errMismatch()
	}
	return Identity{AccessKeyID: c.s.accessKeyID, Region: c.s.scope.region}, nil
}

func (c *Claim) verify(payload string) error {
	if !equal(c.s.compute(c.r, c.secret, payload), c.s.sum) {
		return errMismatch()
	}
	return nil
}

func (v *Verifier) checkScope(s scope) error {
	service := v.Service
	if service == "" {
		service = "execute-api"
	}
	if s.service != service {
		return deny(typeInvalid, "Credential should be scoped to correct service: '"+service+"'.")
	}
	if s.region == "" || v.Region != "" && s.region != v.Region {
		return deny(typeInvalid, "Credential should be scoped to a valid region.")
	}
	return nil
}

func (v *Verifier) checkTime(s *signature) error {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	t := now().UTC()
	skew := v.MaxSkew
	if skew == 0 {
		skew = 5 * time.Minute
	}
	if newest := t.Add(skew); s.at.After(newest) {
		return errFuture(s.at, newest, t, skew)
	}
	valid := skew
	if s.expires > 0 {
		valid = s.expires
	}
	if oldest := t.Add(-valid); s.at.Before(oldest) {
		return errExpired(s.at, oldest, t, valid)
	}
	return nil
}

// secret returns the secret of a key. A key with an empty secret counts as unknown, because every
// client could sign with it.
func (v *Verifier) secret(accessKeyID string) (string, bool) {
	if v.Keys == nil {
		return "", false
	}
	secret, ok := v.Keys(accessKeyID)
	return secret, ok && secret != ""
}

// statedHash returns the hash of the body for the canonical request that the head of r states, or
// "" if it states none.
func statedHash(r *http.Request) string {
	if stated := r.Header.Get("X-Amz-Content-Sha256"); stated != "" {
		return stated
	}
	if r.URL.Query().Get("X-Amz-Content-Sha256") == unsignedPayload {
		return unsignedPayload
	}
	return ""
}

// equal compares two signatures in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
