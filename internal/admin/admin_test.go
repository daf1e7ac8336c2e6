package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
)

var errAnswer = errors.New("an answer")

func newAdmin() *admin.Admin {
	return admin.New(admin.Config{
		APIID: "a", Stage: "s",
		Gateway: func() gateway.Stats {
			return gateway.Stats{
				Connections: 2, Connects: 5, Messages: 10, Sent: 20, Throttled: 1, Failures: 3, LogDrops: 4,
				Closed: map[string]int64{"idle": 6, "life": 0}, Refused: map[string]int64{"url": 7},
			}
		},
		LogDrops: func() int64 { return 5 },
		IsAnswer: func(err error) bool { return err == errAnswer },
	})
}

func get(a *admin.Admin, method, path string) (status int, body string) {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

func TestHealth(t *testing.T) {
	a := newAdmin()
	check := func(method, path string, want int) {
		t.Helper()
		if got, body := get(a, method, path); got != want {
			t.Errorf("%s %s says %d %q, want %d", method, path, got, body, want)
		}
	}
	check(http.MethodGet, "/livez", http.StatusOK)
	check(http.MethodGet, "/readyz", http.StatusServiceUnavailable)
	a.SetReady(true)
	check(http.MethodGet, "/readyz", http.StatusOK)
	a.SetReady(false)
	check(http.MethodGet, "/readyz", http.StatusServiceUnavailable)
	check(http.MethodPost, "/livez", http.StatusMethodNotAllowed)
	check(http.MethodGet, "/other", http.StatusNotFound)
}

// A node of a cluster may have to refuse clients although its gateway runs.
func TestNodeThatMayNotServeIsNotReady(t *testing.T) {
	var why error
	a := admin.New(admin.Config{
		Gateway: func() gateway.Stats { return gateway.Stats{} }, Ready: func() error { return why },
		Metrics: []func() []admin.Metric{func() []admin.Metric {
			return []admin.Metric{
				{Name: "tyg_cluster_nodes", Labels: []admin.Label{{"state", "alive"}}, Number: 2},
				{Name: "tyg_cluster_deaths_total", Number: 4, Kind: admin.Counter},
				{Name: "tyg_cluster_nodes", Labels: []admin.Label{{"state", "suspect"}}, Number: 1},
			}
		}},
	})
	a.SetReady(true)
	if got, body := get(a, http.MethodGet, "/readyz"); got != http.StatusOK {
		t.Errorf("/readyz says %d %q", got, body)
	}
	why = errors.New("no contact with the registry")
	got, body := get(a, http.MethodGet, "/readyz")
	if got != http.StatusServiceUnavailable || body != "not ready: no contact with the registry\n" {
		t.Errorf("/readyz says %d %q", got, body)
	}
	_, text := get(a, http.MethodGet, "/metrics")
	for _, want := range []string{
		`tyg_cluster_nodes{state="alive"} 2`, `tyg_cluster_nodes{state="suspect"} 1`,
		`tyg_cluster_deaths_total 4`, `tyg_ready 0`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// TestStrangeNamesAreRefused calls an Admin on loopback as the page of a site whose name was
// pointed there would.
func TestStrangeNamesAreRefused(t *testing.T) {
	loopback, other := net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)
	tests := []struct {
		host  string
		at    net.IP
		hosts []string
		want  int
	}{
		{"127.0.0.1:9090", loopback, nil, 200},
		{"localhost:9090", loopback, nil, 200},
		{"evil.example:9090", loopback, nil, 403},
		{"ops.example:9090", loopback, []string{"ops.example"}, 200},
		{"node1.internal:9090", other, nil, 200},
		{"10.0.0.1:9090", other, []string{"ops.example"}, 200},
		{"evil.example:9090", other, []string{"ops.example"}, 403},
	}
	for _, tt := range tests {
		a := admin.New(admin.Config{
			Gateway: func() gateway.Stats { return gateway.Stats{} }, Hosts: tt.hosts,
		})
		r := httptest.NewRequest(http.MethodGet, "http://"+tt.host+"/metrics", nil)
		ctx := context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: tt.at})
		w := httptest.NewRecorder()
		if a.ServeHTTP(w, r.WithContext(ctx)); w.Code != tt.want {
			t.Errorf("%s at %s: status %d, want %d", tt.host, tt.at, w.Code, tt.want)
		}
	}
}

func TestMetrics(t *testing.T) {
	a := newAdmin()
	a.SetReady(true)
	trace := a.Trace()
	trace.Refused(http.StatusForbidden, "no")
	trace.Refused(http.StatusBadGateway, "no")
	for _, e := range []struct {
		kind  tyg.EventType
		route string
		took  time.Duration
		err   error
	}{
		{tyg.EventConnect, "$connect", time.Millisecond, nil},
		{tyg.EventConnect, "$connect", 3 * time.Millisecond, tyg.Reject(403, "no")},
		{tyg.EventMessage, "$default", 2 * time.Second, errAnswer},
		{tyg.EventMessage, "$default", 0, context.DeadlineExceeded},
		{tyg.EventMessage, "$default", 0, errors.New("whatever")},
	} {
		trace.Handled(tyg.Event{Type: e.kind, Route: e.route}, e.took, e.err)
	}
	_, text := get(a, http.MethodGet, "/metrics")
	for _, want := range []string{
		`ConnectCount{ApiId="a",Stage="s"} 2`,
		`MessageCount{ApiId="a",Stage="s"} 30`,
		`tyg_refused_total{reason="url"} 7`,
		`ClientError{ApiId="a",Stage="s"} 1`,
		`IntegrationError{ApiId="a",Route="$connect",Stage="s"} 1`,
		`IntegrationError{ApiId="a",Route="$default",Stage="s"} 1`,
		`ExecutionError{ApiId="a",Route="$default",Stage="s"} 2`,
		`IntegrationLatency_sum{ApiId="a",Route="$connect",Stage="s"} 4`,
		`IntegrationLatency_bucket{ApiId="a",Route="$default",Stage="s",le="1000"} 2`,
		`IntegrationLatency_bucket{ApiId="a",Route="$default",Stage="s",le="2500"} 3`,
		`tyg_ready 1`,
		`tyg_connections 2`,
		`tyg_connects_total 5`,
		`tyg_messages_total{direction="received"} 10`,
		`tyg_messages_total{direction="sent"} 20`,
		`tyg_throttled_total 1`,
		`tyg_failures_total 3`,
		`tyg_log_dropped_total 9`,
		`tyg_closed_total{reason="idle"} 6`,
		`tyg_closed_total{reason="life"} 0`,
		`tyg_refusals_total{status="502"} 1`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
