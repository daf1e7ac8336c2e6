package tyg

import (
	"context"
	"errors"
)

// An AuthorizeFunc identifies a client, before connect runs and before the handshake is
// answered. It is API Gateway's authorizer of type REQUEST
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html):
//
//   - an [Identity] lets the client go on to connect;
//   - an error that is [ErrUnauthorized] answers 401, one that is [ErrForbidden] 403;
//   - any other error, a panic, or an Identity that API Gateway would not accept answers 500.
//
// It is called once for a connection.
type AuthorizeFunc func(ctx context.Context, r *Request) (Identity, error)

// An Identity is what an AuthorizeFunc returns about a client.
type Identity struct {
	// Principal names the client. It must not be empty; handlers find it in [Conn.Identity]. API
	// Gateway calls it principalId.
	Principal string

	// Context is what else is known, for handlers. Values are strings, numbers
	// (int, int64, float64) and booleans. With all names and values it may take up to 8 KB as JSON.
	Context map[string]any
}

var (
	// ErrUnauthorized is the error of an AuthorizeFunc that does not know the client.
	ErrUnauthorized = errors.New("unauthorized")

	// ErrForbidden is the error of an AuthorizeFunc that knows the client and does not let it in.
	ErrForbidden = errors.New("forbidden")
)

// An Authorizer is an AuthorizeFunc and the parts of a handshake that it needs.
type Authorizer struct {
	Func AuthorizeFunc `json:"-"`

	// IdentitySources are the parts of a handshake without which Func is not called: a client that
	// lacks one, or sends it empty, gets 401. Each is route.request.header.NAME,
	// route.request.querystring.NAME or stageVariables.NAME.
	IdentitySources []string `json:"identity_sources,omitempty"`
}

// OnAuthorize registers the authorizer of new connections and the parts of the handshake that it
// needs, see [Authorizer]. A second registration panics.
func (a *App) OnAuthorize(fn AuthorizeFunc, identitySources ...string) {
	if fn == nil {
		panic("tyg: nil authorizer")
	}
	if a.authorizer != nil {
		panic("tyg: the App already has an authorizer; an App has one at most")
	}
	a.authorizer = &Authorizer{Func: fn, IdentitySources: identitySources}
}
