package jwtauth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// A jwk is a JSON Web Key (RFC 7517 section 4), with the parameters of public keys (RFC 7518
// section 6, RFC 8037 section 2). Secrets ("oct") are left out, because a published one is useless.
type jwk struct {
	Kty    string   `json:"kty"`
	Use    string   `json:"use"`
	KeyOps []string `json:"key_ops"`
	Alg    string   `json:"alg"`
	Kid    string   `json:"kid"`
	Crv    string   `json:"crv"`
	N      octets   `json:"n"`
	E      octets   `json:"e"`
	X      octets   `json:"x"`
	Y      octets   `json:"y"`
}

// octets are bytes written in base64url without padding.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = base64.RawURLEncoding.AppendDecode(nil, text)
	return err
}

// parseSet returns the keys of a JWK Set (RFC 7517 section 5) that can verify signatures. As that
// section recommends, it ignores all other keys, and malformed ones.
func parseSet(data []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("decode key set: %w", err)
	}
	var keys []key
	for _, raw := range set.Keys {
		var j jwk
		if json.Unmarshal(raw, &j) != nil || !j.canVerify() {
			continue
		}
		if public, err := j.public(); err == nil && checkKey(public) == nil {
			keys = append(keys, key{id: j.Kid, alg: j.Alg, public: public})
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no key that can verify a token")
	}
	return keys, nil
}

// verifies reports whether the key may be used for signatures.
func (j jwk) canVerify() bool {
	return (j.Use == "" || j.Use == "sig") &&
		(len(j.KeyOps) == 0 || slices.Contains(j.KeyOps, "verify"))
}

func (j jwk) public() (any, error) {
	switch {
	case j.Kty == "RSA":
		return j.rsa()
	case j.Kty == "EC":
		return j.ecdsa()
	case j.Kty == "OKP" && j.Crv == "Ed25519":
		return ed25519.PublicKey(j.X), nil
	}
	return nil, errors.New("unknown type of key")
}

func (j jwk) rsa() (*rsa.PublicKey, error) {
	e := new(big.Int).SetBytes(j.E)
	// crypto/rsa refuses bad exponents, but only an int that holds the whole exponent.
	if e.BitLen() > 31 {
		return nil, errors.New("the exponent is too large")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(j.N), E: int(e.Int64())}, nil
}

func (j jwk) ecdsa() (*ecdsa.PublicKey, error) {
	var curve elliptic.Curve
	switch j.Crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil, errors.New("unknown curve")
	}
	// SEC 1 section 2.3.3: 4, x, y. Parsing checks the lengths, and that the point is on the curve.
	point := slices.Concat([]byte{4}, j.X, j.Y)
	return ecdsa.ParseUncompressedPublicKey(curve, point)
}
