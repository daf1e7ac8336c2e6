package admin

import "github.com/prometheus/client_golang/prometheus"

// foreign collects the metrics that another package counts, which are not known before.
type foreign struct{ metrics func() []Metric }

var _ prometheus.Collector = foreign{}

// Describe sends nothing: the collector is unchecked.
func (f foreign) Describe(chan<- *prometheus.Desc) {}

// Collect sends the current values.
func (f foreign) Collect(to chan<- prometheus.Metric) {
	if f.metrics == nil {
		return
	}
	for _, m := range f.metrics() {
		kind, labels, values := prometheus.GaugeValue, []string(nil), []string(nil)
		if m.Counter {
			kind = prometheus.CounterValue
		}
		if m.Label != "" {
			labels, values = []string{m.Label}, []string{m.Value}
		}
		desc := prometheus.NewDesc(m.Name, m.Help, labels, nil)
		to <- prometheus.MustNewConstMetric(desc, kind, m.Number, values...)
	}
}
