//go:build !tyg.lambda

package tygotel

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// gatewayMetrics are what a gateway counts, if the host is one.
type gatewayMetrics struct {
	mu           sync.Mutex
	stats        func() gateway.Stats // of the last gateway that the application was bound to
	registration metric.Registration
}

// observe makes metrics of what a host counts, if it is a gateway, alone or in a cluster.
func (in *instrument) observe(h tyg.Host) {
	g, ok := h.(*gateway.Server)
	if node, is := h.(interface{ Gateway() *gateway.Server }); is { // of a cluster
		g, ok = node.Gateway(), true
	}
	if !ok || g == nil {
		return
	}
	in.gateway.mu.Lock()
	defer in.gateway.mu.Unlock()
	in.gateway.stats = g.Stats
	if in.gateway.registration != nil {
		return
	}
	if err := in.gateway.register(in.MeterProvider.Meter(scope)); err != nil {
		otel.Handle(err)
	}
}

// A count is one figure of a gateway, or one for each reason.
type count struct {
	name, unit, help string
	up               bool // it only grows
	value            func(gateway.Stats) int64
	reasons          func(gateway.Stats) map[string]int64
}

// counts are the figures of "tyg gateway" for Prometheus, under the names of OpenTelemetry.
var counts = []count{
	{
		"tyg.gateway.connections", "{connection}", "Connections that are open.", false,
		func(s gateway.Stats) int64 { return s.Connections }, nil,
	},
	{
		"tyg.gateway.memory", "By", "Bytes that count as Limits.Memory.", false,
		func(s gateway.Stats) int64 { return s.Held }, nil,
	},
	{
		"tyg.gateway.connects", "{connection}", "Handshakes accepted.", true,
		func(s gateway.Stats) int64 { return s.Connects }, nil,
	},
	{
		"tyg.gateway.received", "{message}", "Messages of clients.", true,
		func(s gateway.Stats) int64 { return s.Messages }, nil,
	},
	{
		"tyg.gateway.sent", "{message}", "Messages to clients, one for each recipient.", true,
		func(s gateway.Stats) int64 { return s.Sent }, nil,
	},
	{
		"tyg.gateway.throttled", "{message}", "Messages to clients that read too slowly.", true,
		func(s gateway.Stats) int64 { return s.Throttled }, nil,
	},
	{
		"tyg.gateway.failures", "{event}", "Events whose handling failed or took too long.", true,
		func(s gateway.Stats) int64 { return s.Failures }, nil,
	},
	{
		"tyg.gateway.log.dropped", "{line}", "Lines of logs that were lost.", true,
		func(s gateway.Stats) int64 { return s.LogDrops }, nil,
	},
	{
		"tyg.gateway.closed", "{connection}", "Connections and sockets that have ended, by reason.",
		true, nil, func(s gateway.Stats) map[string]int64 { return s.Closed },
	},
	{
		"tyg.gateway.refused", "{connection}", "Handshakes refused, by reason.",
		true, nil, func(s gateway.Stats) map[string]int64 { return s.Refused },
	},
}

// register makes an instrument of each count.
func (g *gatewayMetrics) register(meter metric.Meter) error {
	all := make([]metric.Observable, len(counts))
	for i, c := range counts {
		unit, help := metric.WithUnit(c.unit), metric.WithDescription(c.help)
		var err error
		if c.up {
			all[i], err = meter.Int64ObservableCounter(c.name, unit, help)
		} else {
			all[i], err = meter.Int64ObservableUpDownCounter(c.name, unit, help)
		}
		if err != nil {
			return err
		}
	}
	var err error
	g.registration, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		g.mu.Lock()
		stats := g.stats()
		g.mu.Unlock()
		for i, c := range counts {
			c.observe(o, all[i].(metric.Int64Observable), stats)
		}
		return nil
	}, all...)
	return err
}

// observe reports a count.
func (c count) observe(o metric.Observer, to metric.Int64Observable, s gateway.Stats) {
	if c.value != nil {
		o.ObserveInt64(to, c.value(s))
		return
	}
	for reason, n := range c.reasons(s) {
		o.ObserveInt64(to, n, metric.WithAttributes(attribute.String("tyg.reason", reason)))
	}
}
