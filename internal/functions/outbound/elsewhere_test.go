package outbound_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions/outbound"
)

const (
	deployed = "2izayxe4sh.execute-api.eu-west-1.amazonaws.com"
	toldOf   = `a function calls API 2izayxe4sh on AWS; if that is this application, deployed, ` +
		`write "api_id": "2izayxe4sh" into .tyg/config.json (tyg local --print-config makes one of a ` +
		`template)`
)

// TestCallsOfOtherAPIsAreTold: code of which a part was written for the deployed API names that. A
// call goes there, and tyg says once how it would come here.
func TestCallsOfOtherAPIsAreTold(t *testing.T) {
	var told []string // requests are made one after the other
	o, err := outbound.Open(outbound.Config{
		Gateway: "127.0.0.1:1", APIID: "local", Dir: t.TempDir(), Environ: []string{"PATH="},
		Elsewhere: func(text string) { told = append(told, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	o.Via(nil, func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no network")
	})
	client := rig{o, ""}.client(t)
	for range 2 {
		for _, host := range []string{deployed, "example.com", "s3.eu-west-1.amazonaws.com"} {
			if res, err := client.Get("https://" + host + "/test/@connections/a"); err == nil {
				_ = res.Body.Close()
				t.Errorf("%s answers", host)
			}
		}
	}
	if !slices.Equal(told, []string{toldOf}) {
		t.Errorf("told %q", told)
	}
}

func TestNodeTellsOfOtherAPIs(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skipf("calls from Node.js were not run: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", `
for (const host of ["`+deployed+`", "`+deployed+`", "example.com"]) {
  const lookup = (h, o, done) => done(new Error());
  const socket = require("tls").connect({ host, port: 443, lookup });
  socket.on("error", () => {});
}`)
	cmd.Env = append(os.Environ(), start(t).Environ()...)
	out, err := cmd.CombinedOutput()
	if got := strings.Count(string(out), "tyg: "+toldOf+"\n"); err != nil || got != 1 {
		t.Errorf("%v, printed\n%s", err, out)
	}
}
