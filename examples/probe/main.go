// Command probe is the application that "tyg conformance" tests a host with. Package probelib
// documents its messages.
//
// With PROBE_VARIANT=bare in the environment it has no $connect, no $disconnect, no $default and no
// authorizer; with PROBE_VARIANT=open it has OnOpen, which API Gateway does not know.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	app, err := newApp(os.Getenv("PROBE_VARIANT"))
	if err == nil {
		err = host.Run(app)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func newApp(variant string) (*tyg.App, error) {
	switch variant {
	case "":
		return probelib.New(), nil
	case "open":
		return probelib.WithOpen(probelib.New()), nil
	case "bare":
		return probelib.NewBare(), nil
	}
	return nil, fmt.Errorf("PROBE_VARIANT is %q; set it to bare or open, or leave it empty", variant)
}
