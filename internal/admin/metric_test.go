package admin_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
)

const onLinux = runtime.GOOS == "linux"

// parsed returns what Prometheus's own parser makes of the metrics.
func parsed(t *testing.T, a *admin.Admin) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got := w.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("their type is %q", got)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatalf("%v in\n%s", err, w.Body)
	}
	return families
}

func TestPrometheusReadsTheMetrics(t *testing.T) {
	const odd = "a\\b\"c\nd ,}{ é"
	a := admin.New(admin.Config{
		APIID: odd, Stage: "s", Gateway: func() gateway.Stats {
			return gateway.Stats{Connections: 1 << 40, Closed: map[string]int64{"idle": 1, "life": 2}}
		},
	})
	for _, d := range []time.Duration{0, 250 * time.Microsecond, 251 * time.Microsecond, time.Hour} {
		a.Trace().Handled(tyg.Event{Route: odd}, d, nil)
	}
	families := parsed(t, a)
	latency := families["IntegrationLatency"]
	if latency.GetType() != dto.MetricType_HISTOGRAM || len(latency.Metric) != 1 {
		t.Fatalf("the latency is %v", latency)
	}
	h, labels := latency.Metric[0].Histogram, latency.Metric[0].Label
	if h.GetSampleCount() != 4 || h.GetSampleSum() != 3600000.501 || len(h.Bucket) != 17 ||
		h.Bucket[0].GetCumulativeCount() != 2 || h.Bucket[1].GetCumulativeCount() != 3 ||
		h.Bucket[15].GetCumulativeCount() != 3 || h.Bucket[16].GetCumulativeCount() != 4 {
		t.Errorf("the latency is %v", h)
	}
	for _, l := range labels {
		if name := l.GetName(); (name == "ApiId" || name == "Route") && l.GetValue() != odd {
			t.Errorf("%s is %q, want %q", name, l.GetValue(), odd)
		}
	}
	if n := families["tyg_connections"].Metric[0].GetGauge().GetValue(); n != 1<<40 {
		t.Errorf("%v connections", n)
	}
	if n := len(families["tyg_closed_total"].Metric); n != 2 {
		t.Errorf("%d reasons", n)
	}
	for name, f := range families {
		counts := f.GetType() == dto.MetricType_COUNTER
		if strings.HasSuffix(name, "_total") != counts && !strings.HasSuffix(name, "Count") &&
			!strings.HasSuffix(name, "Error") || f.GetHelp() == "" {
			t.Errorf("%s is a %v with the help %q", name, f.GetType(), f.GetHelp())
		}
	}
}

// What the system says of this process is there on Linux, and what Go says everywhere.
func TestProcessMetrics(t *testing.T) {
	families := parsed(t, newAdmin())
	for name, least := range map[string]float64{
		"go_goroutines": 1, "go_memstats_heap_inuse_bytes": 1000, "go_memstats_sys_bytes": 1000,
		"process_start_time_seconds":    float64(time.Now().Add(-time.Hour).Unix()),
		"process_resident_memory_bytes": 1 << 20, "process_open_fds": 3, "process_max_fds": 10,
		"process_virtual_memory_bytes": 1 << 20,
	} {
		f := families[name]
		if f == nil && strings.HasPrefix(name, "process_") && !onLinux {
			continue
		}
		if f == nil || f.Metric[0].GetGauge().GetValue() < least {
			t.Errorf("%s is %v, want %v at least", name, f, least)
		}
	}
	if f := families["process_cpu_seconds_total"]; onLinux && f == nil {
		t.Error("there is no processor time")
	}
}

func BenchmarkHandled(b *testing.B) {
	handled := newAdmin().Trace().Handled
	e := tyg.Event{Type: tyg.EventMessage, Route: "$default"}
	b.ReportAllocs()
	for b.Loop() {
		handled(e, time.Millisecond, nil)
	}
}
