package sigv4

import (
	"crypto/subtle"
	"net/http"
	"time"
)

// A Verifier decides whether requests are signed by whom they say. Its methods may be called
// from many goroutines at once; its fields must not be changed meanwhile. The zero Verifier
// knows nobody.
type Verifier struct {
	// Keys returns the secret of an access key, or false if there is no such key; an empty
	// secret counts as none. It must be safe for concurrent use. Nil knows no key.
	Keys func(accessKeyID string) (secret string, ok bool)

	// Region is the only region that signatures may be for. Empty accepts any: a gateway that
	// is not in AWS is in none.
	Region string

	// Service is the service that signatures must be for. Empty means "execute-api".
	Service string

	// Now returns the time. Nil means time.Now.
	Now func() time.Time

	// MaxSkew is how far the time of a signature may be from now, either way. Zero means 5
	// minutes, as at AWS. A presigned URL is valid for as long as it says instead.
	MaxSkew time.Duration
}

// Verify returns who signed r, whose whole body is body; r.Body is not read. Anything wrong is
// an [*Error] with status 403, whose message tells the client what.
//
// The signature may be in the Authorization header or in the query. Where an
// x-amz-content-sha256 header is absent, the body is hashed; where it is present, it must be
// that hash, or "UNSIGNED-PAYLOAD", by which the client says that the body may be anything.
// Session tokens are not verified: the secret alone proves who it is.
func (v *Verifier) Verify(r *http.Request, body []byte) (Identity, error) {
	s, err := parse(r)
	if err != nil {
		return Identity{}, err
	}
	if err := v.checkScope(s.scope); err != nil {
		return Identity{}, err
	}
	if err := v.checkTime(s); err != nil {
		return Identity{}, err
	}
	secret, ok := v.secret(s.accessKeyID)
	if !ok {
		return Identity{}, errUnknownKey()
	}
	payload := payloadHash(r, body)
	if payload != unsignedPayload && payload != hashHex(body) {
		return Identity{}, errMismatch()
	}
	if !equal(s.compute(r, secret, payload), s.sum) {
		return Identity{}, errMismatch()
	}
	return Identity{AccessKeyID: s.accessKeyID, Region: s.scope.region}, nil
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

// secret knows no key without a secret: everybody could sign with that.
func (v *Verifier) secret(accessKeyID string) (string, bool) {
	if v.Keys == nil {
		return "", false
	}
	secret, ok := v.Keys(accessKeyID)
	return secret, ok && secret != ""
}

// payloadHash returns the hash of the body for the canonical request: what the client says that
// it is or, if it says nothing, what it is.
func payloadHash(r *http.Request, body []byte) string {
	if said := r.Header.Get("X-Amz-Content-Sha256"); said != "" {
		return said
	}
	if r.URL.Query().Get("X-Amz-Content-Sha256") == unsignedPayload {
		return unsignedPayload
	}
	return hashHex(body)
}

// equal compares two signatures in a time that does not tell where they differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
