package jwtauth_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/jwtauth"
	"github.com/tyg-dev/tyg/tygtest"
)

// demo stands in for the *testing.T of a real test.
type demo struct{ testing.TB }

func (demo) Helper()                           {}
func (demo) Cleanup(func())                    {}
func (demo) Logf(string, ...any)               {}
func (demo) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (demo) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func Example() {
	secret := []byte("a secret of at least thirty-two bytes")
	auth, err := jwtauth.New(context.Background(), jwtauth.Config{
		Secret: secret, // with an identity provider: JWKS, Issuer and Audience
		Claims: []string{"name"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := tyg.New("greeter")
	app.OnAuthorize(auth.Authorize, auth.IdentitySources()...)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		name := c.Identity.Context["name"]
		return c.SendString(ctx, fmt.Sprintf("hello %v (%s)", name, c.Identity.Principal))
	})

	host := tygtest.NewHost(demo{}, app)
	_, err = host.Try(tygtest.Dial{})
	fmt.Println(err)

	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "u-1", "name": "Ann", "exp": time.Now().Add(time.Minute).Unix(),
	}).SignedString(secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := host.Try(tygtest.Dial{Query: url.Values{"token": {token}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	client.Send("hi")
	fmt.Println(client.Receive())
	// Output:
	// handshake refused with status 401: Unauthorized
	// hello Ann (u-1)
}
