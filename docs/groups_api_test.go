package docs_test

import (
	"context"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// TestGroupsAPI plays the commands of groups-api.md against a gateway with one client, John.
func TestGroupsAPI(t *testing.T) {
	ids := make(chan tyg.ConnID, 1)
	app := tyg.New("app")
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		ids <- c.ID
		return nil
	})
	srv := &gateway.Server{Handler: app}
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		_ = srv.Shutdown(t.Context()) // t.Context is over: nothing waits
		web.Close()
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	john, _, err := wsclient.Dial(ctx, web.URL+"/api/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = john.CloseNow() }()
	id := <-ids
	w := words{"8000": port(t, web.URL), "‹ID›": string(id)}
	played := 0
	export := "true"
	for _, b := range blocks(t, "groups-api.md") {
		for _, s := range steps(b) {
			command := strings.TrimPrefix(w.fill(s.does), "$ ")
			if strings.HasPrefix(command, "export ") {
				export = command
				continue
			}
			got := runShell(t, export+"; "+command)
			if !w.matchAll(s.wants, strings.Split(got, "\n")) {
				t.Errorf("groups-api.md:%d: %s printed\n%s\nwant\n%s",
					s.line, command, got, strings.Join(s.wants, "\n"))
			}
			played++
		}
	}
	if _, data, err := john.Read(ctx); err != nil || string(data) != "Tea is ready" {
		t.Errorf("John got %q, %v", data, err)
	}
	if played < 10 {
		t.Errorf("the page has %d commands", played)
	}
}

// port returns the port of a URL.
func port(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// runShell returns what a command prints, whose curl is that of these tests.
func runShell(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(),
		"PATH="+os.Getenv("GOBIN")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return strings.TrimSuffix(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
}
