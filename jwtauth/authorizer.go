package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
)

// maxToken is the longest token, in bytes. API Gateway accepts some 10 KB of headers in all.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxToken = 8 << 10

// An Authorizer authorizes clients by their tokens. Many goroutines may use it at once.
type Authorizer struct {
	config  Config
	sources []source
	keys    keyring
	parser  *jwt.Parser
}

var _ tyg.AuthorizeFunc = (*Authorizer)(nil).Authorize

// New returns an Authorizer that accepts the tokens that c describes. It does not wait for the key
// set of Config.JWKS; clients that connect before it has been fetched wait.
//
// With Config.JWKS a goroutine refreshes the keys until ctx ends. After that the Authorizer keeps
// the keys it has.
func New(ctx context.Context, c Config) (*Authorizer, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("jwtauth: %w", err)
	}
	a := &Authorizer{config: c, parser: newParser(c)}
	for _, expr := range c.Sources {
		s, err := parseSource(expr)
		if err != nil {
			return nil, fmt.Errorf("jwtauth: %w", err)
		}
		a.sources = append(a.sources, s)
	}
	var err error
	if a.keys, err = newKeyring(ctx, c); err != nil {
		return nil, fmt.Errorf("jwtauth: %w", err)
	}
	return a, nil
}

func newParser(c Config) *jwt.Parser {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(c.Algorithms),
		jwt.WithLeeway(max(c.Leeway, 0)),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithJSONNumber(), // a float64 would round large ids
	}
	if c.Issuer != "" {
		options = append(options, jwt.WithIssuer(c.Issuer))
	}
	return jwt.NewParser(options...)
}

// newKeyring returns the keys of c. For Config.JWKS it starts a goroutine that fetches them.
func newKeyring(ctx context.Context, c Config) (keyring, error) {
	switch {
	case c.JWKS != "":
		return startRemoteKeys(ctx, c.JWKS, c.HTTPClient, c.Logger), nil
	case len(c.Secret) > 0:
		return staticKeys{{public: c.Secret}}, nil
	}
	return newStaticKeys(c.Keys)
}

// IdentitySources returns the identity sources to register with [tyg.App.OnAuthorize] next to
// Authorize, so that a host refuses clients without a token by itself. It returns the source of
// Config.Sources, or nil if there are several: a host requires all registered sources, and a token
// is in one of them.
func (a *Authorizer) IdentitySources() []string {
	if len(a.config.Sources) > 1 {
		return nil
	}
	return slices.Clone(a.config.Sources)
}

// Authorize is a [tyg.AuthorizeFunc]. The principal is the claim "sub". Errors are
// [tyg.ErrUnauthorized], [tyg.ErrForbidden] if a scope is missing, or another error if the
// keys cannot be fetched before ctx ends.
func (a *Authorizer) Authorize(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	token := a.token(r)
	if token == "" {
		return tyg.Identity{}, unauthorized("there is no token")
	}
	if len(token) > maxToken {
		return tyg.Identity{}, unauthorized("the token is too long")
	}
	claims := jwt.MapClaims{}
	_, err := a.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		return a.verificationKeys(ctx, t)
	})
	if err != nil {
		return tyg.Identity{}, refusal(err)
	}
	return a.identify(claims)
}

// token returns the token of the first source that has one, or "".
func (a *Authorizer) token(r *tyg.Request) string {
	for _, find := range a.sources {
		if token := find(r); token != "" {
			return token
		}
	}
	return ""
}

// verificationKeys returns the keys that may have signed t, whose algorithm is allowed.
func (a *Authorizer) verificationKeys(ctx context.Context, t *jwt.Token) (any, error) {
	// A critical extension that is not understood must be refused (RFC 7515 section 4.1.11).
	if _, ok := t.Header["crit"]; ok {
		return nil, jwt.ErrTokenMalformed
	}
	kid, ok := t.Header["kid"].(string)
	if _, exists := t.Header["kid"]; exists && !ok {
		return nil, jwt.ErrTokenMalformed
	}
	found, err := a.keys.find(ctx, t.Method.Alg(), kid)
	return jwt.VerificationKeySet{Keys: found}, err
}

// refusal returns an error for an error of the parser, without its text, which may quote the token.
func refusal(err error) error {
	if e, ok := errors.AsType[*keysError](err); ok {
		return e
	}
	switch {
	case errors.Is(err, errNoKey):
		return unauthorized("no known key could have signed the token")
	case errors.Is(err, jwt.ErrTokenMalformed):
		return unauthorized("the token is malformed")
	case errors.Is(err, jwt.ErrTokenExpired):
		return unauthorized("the token has expired")
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return unauthorized("the token is not valid yet")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return unauthorized("the token is from another issuer")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return unauthorized("the token lacks its expiry or issuer")
	case errors.Is(err, jwt.ErrTokenInvalidClaims):
		return unauthorized("the token has a claim of the wrong type")
	}
	return unauthorized("the token's signature or algorithm is not valid")
}

func unauthorized(reason string) error {
	return fmt.Errorf("%w: %s", tyg.ErrUnauthorized, reason)
}
