// Package jwtauth authorizes connections by JSON Web Tokens (RFC 7519).
//
//	auth, err := jwtauth.New(ctx, jwtauth.Config{
//		JWKS:     "https://id.example.com/.well-known/jwks.json",
//		Issuer:   "https://id.example.com/",
//		Audience: []string{"chat"},
//	})
//	if err != nil {
//		return err
//	}
//	app.OnAuthorize(auth.Authorize, auth.IdentitySources()...)
//
// Handlers then find the token's subject in tyg.Conn.Auth as "principalId", and the claims named
// in Config.Claims beside it.
//
// # Answers
//
// A client gets 401 if its token is missing, malformed, over 8 KB, expired or without an expiry,
// not valid yet, without a subject, from another issuer, for another audience, signed with an
// algorithm or a key that is not allowed, or not signed at all. It gets 403 if its token is valid
// but lacks a scope, and 500 if the issuer's keys cannot be fetched. Neither errors nor logs
// contain any part of a token.
//
// A token is checked once, when its client connects: a connection may outlive its token. To prevent
// that, add "exp" to Config.Claims and close connections in time.
//
// # Browsers
//
// The WebSocket of a browser sends no Authorization header. It can send the token in the query,
// which servers and proxies often log, or as a subprotocol after the word "bearer":
//
//	new WebSocket("wss://example.com/api", ["bearer", token])
//
// A browser that offers subprotocols fails the connection unless the server selects one of them
// (RFC 6455 section 4.1). So the application must select one in its connect handler, which runs
// after the token is found valid:
//
//	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
//		r.SelectSubprotocol("bearer")
//		return nil
//	})
//
// An application with a subprotocol of its own has clients offer ["chat.v1", "bearer", token], and
// accepts "chat.v1". Never accept the token: it would appear in the response.
package jwtauth
