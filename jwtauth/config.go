package jwtauth

import (
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// DefaultLeeway is the default of Config.Leeway.
const DefaultLeeway = 30 * time.Second

// A Config says which tokens to trust. Exactly one of JWKS, Keys and Secret must be set; with the
// first two, so must Audience. All other fields may be zero.
type Config struct {
	// JWKS is the http or https URL of the issuer's key set (RFC 7517 section 5). Use https: an
	// attacker who can change the response can make tokens.
	//
	// The keys are fetched at once, then every hour, and when a token names an unknown key, but then
	// at most every 30 seconds, or every 5 after a failure. When a fetch fails, the old keys stay in
	// use. A set of more than 1 MB is refused.
	JWKS string

	// Keys are public keys of type *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey. Each
	// token is tried with all that fit its algorithm, whatever its key id.
	Keys []crypto.PublicKey

	// Secret is shared with the issuer; with it tokens can be made. It must be at least as long as
	// the hash of the algorithm, 32 bytes for HS256 (RFC 7518 section 3.2).
	Secret []byte

	// Issuer is the required value of the claim "iss". Empty accepts any, which is wrong for a key
	// set that several issuers or tenants share.
	Issuer string

	// Audience are the accepted values of the claim "aud", which must be or contain one of them.
	// Tokens that the same issuer made for another application are refused. It may be empty only
	// with Secret, and then accepts any.
	Audience []string

	// AudienceClaim is the claim to compare with Audience, "aud" by default. It is "client_id" for
	// access tokens of Amazon Cognito, which have no "aud".
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html)
	AudienceClaim string

	// Scopes are required: the claims "scope" (RFC 8693 section 4.2) and "scp" must grant all of
	// them. Otherwise the client gets 403.
	Scopes []string

	// Claims are the names of the claims that go into tyg.Identity.Context. Strings and booleans go
	// as they are, numbers as int64 if they are whole and as float64 if not, lists and objects as
	// JSON text. Claims that are absent or null are left out.
	Claims []string

	// Sources are the parts of a handshake that may hold the token, tried in order, written as
	// identity sources: route.request.header.NAME or route.request.querystring.NAME. The header
	// Authorization holds it after "Bearer", Sec-WebSocket-Protocol as the subprotocol after
	// "bearer", anything else alone. Empty means Authorization, the query's "token", and
	// Sec-WebSocket-Protocol.
	Sources []string

	// Algorithms are the signature algorithms that are allowed (RFC 7518 section 3.1). Empty means
	// all of RS, PS and ES with 256, 384 and 512, and EdDSA; with Secret, HS256. "none" is never
	// allowed, nor is HS without Secret or anything else with it.
	Algorithms []string

	// Leeway is how much the issuer's clock may differ from the local one. Zero means
	// [DefaultLeeway], a negative value means none.
	Leeway time.Duration

	// HTTPClient fetches JWKS; nil means http.DefaultClient. Every fetch ends after 10 seconds.
	HTTPClient *http.Client

	// Logger gets the failures to fetch JWKS. Nil means slog.Default().
	Logger *slog.Logger
}

// withDefaults returns a copy with defaults, which shares no memory that the caller may change.
func (c Config) withDefaults() Config {
	c.Keys, c.Secret = slices.Clone(c.Keys), slices.Clone(c.Secret)
	c.Audience, c.Scopes = slices.Clone(c.Audience), slices.Clone(c.Scopes)
	c.Claims, c.Sources = slices.Clone(c.Claims), slices.Clone(c.Sources)
	c.Algorithms = slices.Clone(c.Algorithms)
	if c.AudienceClaim == "" {
		c.AudienceClaim = "aud"
	}
	if len(c.Sources) == 0 {
		c.Sources = []string{
			headerSource + "Authorization", querySource + "token", headerSource + protocolHeader,
		}
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = defaultAlgorithms(len(c.Secret) > 0)
	}
	if c.Leeway == 0 {
		c.Leeway = DefaultLeeway
	}
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func defaultAlgorithms(secret bool) []string {
	if secret {
		return []string{"HS256"}
	}
	return []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
	}
}

// check checks a Config with defaults.
func (c Config) check() error {
	kinds := 0
	for _, set := range []bool{c.JWKS != "", len(c.Keys) > 0, len(c.Secret) > 0} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return fmt.Errorf("%d of JWKS, Keys and Secret are set; set one", kinds)
	}
	if len(c.Audience) == 0 && len(c.Secret) == 0 {
		return errors.New("the Audience is empty; set it to the application's name, because otherwise " +
			"the issuer's tokens for other applications are accepted")
	}
	if slices.Contains(c.Audience, "") {
		return errors.New("an Audience is the empty string")
	}
	if err := c.checkURL(); err != nil {
		return err
	}
	return c.checkAlgorithms()
}

func (c Config) checkURL() error {
	if c.JWKS == "" {
		return nil
	}
	u, err := url.Parse(c.JWKS)
	if err != nil {
		return fmt.Errorf("parse JWKS: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("JWKS is %q; want an http or https URL", u.Redacted())
	}
	return nil
}

func (c Config) checkAlgorithms() error {
	for _, alg := range c.Algorithms {
		method := jwt.GetSigningMethod(alg)
		if method == nil || alg == "none" {
			return fmt.Errorf("algorithm %q is not one of RFC 7518 that signs", alg)
		}
		if strings.HasPrefix(alg, "HS") != (len(c.Secret) > 0) {
			return fmt.Errorf("algorithm %q: HS goes with Secret, all others with JWKS or Keys", alg)
		}
		hmac, ok := method.(*jwt.SigningMethodHMAC)
		if ok && len(c.Secret) < hmac.Hash.Size() {
			return fmt.Errorf("the Secret has %d bytes; %s needs %d", len(c.Secret), alg, hmac.Hash.Size())
		}
	}
	return nil
}
