package jwtauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// A keyring finds the keys that may have made a signature. Its error is errNoKey if there is none,
// and a *keysError if the keys could not be fetched.
type keyring interface {
	find(ctx context.Context, alg, kid string) ([]jwt.VerificationKey, error)
}

var (
	_ keyring = staticKeys(nil)
	_ keyring = (*remoteKeys)(nil)
)

var errNoKey = errors.New("no such key")

// A keysError is a failure to fetch keys, which the client is not responsible for.
type keysError struct{ err error }

func (e *keysError) Error() string { return "get keys: " + e.err.Error() }
func (e *keysError) Unwrap() error { return e.err }

// A key verifies signatures.
type key struct {
	id     string
	alg    string // the only algorithm to use it with, if not empty
	public any    // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, or a secret of type []byte
}

// fits reports whether k may be used with an algorithm. A token with an algorithm for another type
// of key may be an attack.
func (k key) fits(alg string) bool {
	if k.alg != "" && k.alg != alg {
		return false
	}
	switch public := k.public.(type) {
	case []byte:
		return strings.HasPrefix(alg, "HS")
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return curveOf(alg) == public.Curve.Params().Name
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

// curveOf returns the curve that goes with an algorithm (RFC 7518 section 3.4), or "".
func curveOf(alg string) string {
	switch alg {
	case "ES256":
		return "P-256"
	case "ES384":
		return "P-384"
	case "ES512":
		return "P-521"
	}
	return ""
}

// minRSA is the size in bits below which a key must not be used (RFC 7518 section 3.3).
const minRSA = 2048

// checkKey refuses values that are no public key, and keys that must not be used.
func checkKey(public crypto.PublicKey) error {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return checkRSA(public)
	case *ecdsa.PublicKey:
		return checkECDSA(public)
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize {
			return errors.New("an Ed25519 key has the wrong length")
		}
		return nil
	}
	return fmt.Errorf("a key is of type %T; use *rsa.PublicKey, *ecdsa.PublicKey or "+
		"ed25519.PublicKey", public)
}

func checkRSA(public *rsa.PublicKey) error {
	if public == nil || public.N == nil {
		return errors.New("an RSA key is empty")
	}
	if bits := public.N.BitLen(); bits < minRSA {
		return fmt.Errorf("an RSA key of %d bits is too short; use %d or more", bits, minRSA)
	}
	return nil
}

func checkECDSA(public *ecdsa.PublicKey) error {
	if public == nil || public.Curve == nil {
		return errors.New("an ECDSA key is empty")
	}
	switch name := public.Curve.Params().Name; name {
	case "P-256", "P-384", "P-521":
		return nil
	default:
		return fmt.Errorf("an ECDSA key is on %s; use P-256, P-384 or P-521", name)
	}
}

// staticKeys are keys that never change.
type staticKeys []key

func newStaticKeys(keys []crypto.PublicKey) (staticKeys, error) {
	var out staticKeys
	for _, public := range keys {
		if err := checkKey(public); err != nil {
			return nil, err
		}
		out = append(out, key{public: public})
	}
	return out, nil
}

func (s staticKeys) find(_ context.Context, alg, _ string) ([]jwt.VerificationKey, error) {
	var found []jwt.VerificationKey
	for _, k := range s {
		if k.fits(alg) {
			found = append(found, k.public)
		}
	}
	if len(found) == 0 {
		return nil, errNoKey
	}
	return found, nil
}
