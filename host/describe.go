package host

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tyg-dev/tyg"
)

// DescribeVariable is the environment variable that makes [Run] print the [Description] of the
// application, as one line of JSON on standard output, and return, whatever its value. Whoever puts
// a gateway in front of a program asks it this way which routes it has.
const DescribeVariable = "TYG_DESCRIBE"

// A Description is what a gateway has to know of an application that runs in other processes.
type Description struct {
	Name           string      `json:"name"`
	Routes         []string    `json:"routes"` // those with a handler, API Gateway's own included
	Selection      string      `json:"selection"`
	RouteResponses []string    `json:"route_responses,omitempty"` // those of Routes that answer
	Authorizer     *Authorizer `json:"authorizer,omitempty"`      // nil: there is none
}

// An Authorizer is what a gateway has to know of the authorizer of an application.
type Authorizer struct {
	IdentitySources []string `json:"identity_sources,omitempty"` // see tyg.Authorizer
}

// Describe returns the description of an application.
func Describe(app *tyg.App) Description {
	d := Description{
		Name:           app.Name(),
		Routes:         app.Routes(),
		Selection:      app.Selection(),
		RouteResponses: app.RouteResponses(),
	}
	if a := app.Authorizer(); a != nil {
		d.Authorizer = &Authorizer{IdentitySources: a.IdentitySources}
	}
	return d
}

// describe prints the description. The line feed before it ends what the program may have left.
func describe(app *tyg.App, out io.Writer) error {
	line, err := json.Marshal(Describe(app))
	if err == nil {
		_, err = fmt.Fprintf(out, "\n%s\n", line)
	}
	if err != nil {
		return fmt.Errorf("describe application: %w", err)
	}
	return nil
}
