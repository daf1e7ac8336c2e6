package functions_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
)

// A service in any language replies to messages over HTTP, as a Lambda function would.
func ExampleRouter() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"statusCode": 200, "body": "hello from the service"}`)
	}))
	defer service.Close()

	router := &functions.Router{
		Integrations: map[string]functions.Integration{
			tyg.RouteDefault: &functions.URL{Address: service.URL},
		},
		RouteResponses: []string{tyg.RouteDefault},
	}
	// A gateway does this for each message: &gateway.Server{Handler: router}.
	reply, err := router.Handle(context.Background(), tyg.Event{
		Type:    tyg.EventMessage,
		Route:   tyg.RouteDefault,
		Conn:    &tyg.Conn{ID: "R1kmxc2VNjMCFIA="},
		Message: tyg.Message{Data: []byte("hello")},
	})
	fmt.Println(string(reply.Body), err)
	// Output: hello from the service <nil>
}

// Deploy reports a function that cannot start, and changes nothing.
func ExampleHost_Deploy() {
	host := &functions.Host{}
	defer host.Shutdown(context.Background())
	err := host.Deploy(context.Background(), functions.Function{
		Name:    "echo",
		Command: []string{"no-such-program"},
	})
	fmt.Println(strings.Replace(err.Error(), "; ", ";\n", 1)) // on two lines, to fit the page
	fmt.Println(host.Names())
	// Output:
	// start function "echo": exec: "no-such-program": executable file not found in $PATH;
	// install it, or give its path
	// []
}
