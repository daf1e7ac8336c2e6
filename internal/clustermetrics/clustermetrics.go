// Package clustermetrics names the metrics of a node of a cluster. docs/clustering.md lists them.
package clustermetrics

import (
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/internal/admin"
)

// Of returns the metrics of a node with these counts.
func Of(s cluster.Stats) []admin.Metric {
	list := []admin.Metric{
		gauge("connected", "1 while there is a connection to NATS.", truth(s.Connected)),
		gauge("topics", "Subscriptions for groups.", float64(s.Topics)),
		gauge("inbox", "Messages of NATS that wait for this node to read them.", float64(s.Inbox)),
		gauge("registry_contact_seconds",
			"Time since this node has last written to the registry; -1 without one.", s.Contact.Seconds()),
		counter("reconnects_total", "Connections to NATS after the first.", s.Reconnects),
		counter("commands_sent_total", "Commands published to other nodes, retries included.",
			s.Commands),
		counter("broadcasts_total", "Messages to groups that were published.", s.Broadcasts),
		counter("relayed_total", "Calls that another node has passed on.", s.Relayed),
		counter("deaths_total", "Incarnations of nodes that became known to be dead.", s.Deaths),
		counter("swept_total", "Disconnect and leave handlers called for dead nodes.", s.Swept),
		counter("sweep_errors_total", "Those that failed.", s.SweepErrors),
	}
	list = append(list, labelled("bus_messages_total", "Messages of NATS.", "direction",
		map[string]int64{"received": s.BusIn.Messages, "sent": s.BusOut.Messages})...)
	list = append(list, labelled("bus_bytes_total", "Bytes of messages of NATS.", "direction",
		map[string]int64{"received": s.BusIn.Bytes, "sent": s.BusOut.Bytes})...)
	list = append(list, labelled("calls_total", "Calls of other nodes, by result.", "result",
		map[string]int64{
			"delivered": s.Delivered, "gone": s.Gone, "unavailable": s.Unavailable, "unknown": s.Unknown,
		})...)
	list = append(list, labelled("commands_received_total",
		"Commands of other nodes, by what became of them.", "fate", map[string]int64{
			"executed": s.Executed, "expired": s.Expired, "late": s.Late, "repeated": s.Repeated,
			"refused": s.Refused,
		})...)
	for _, state := range slices.Sorted(maps.Keys(s.Nodes)) {
		m := gauge("nodes", "Nodes, this one included, by state.", float64(s.Nodes[state]))
		m.Labels = []admin.Label{{Name: "state", Value: state}}
		list = append(list, m)
	}
	return list
}

func gauge(name, help string, n float64) admin.Metric {
	return admin.Metric{Name: "tyg_cluster_" + name, Help: help, Number: n}
}

func counter(name, help string, n int64) admin.Metric {
	m := gauge(name, help, float64(n))
	m.Kind = admin.Counter
	return m
}

// labelled returns a counter with a value for each value of a label.
func labelled(name, help, label string, counts map[string]int64) (list []admin.Metric) {
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		m := counter(name, help, counts[value])
		m.Labels = []admin.Label{{Name: label, Value: value}}
		list = append(list, m)
	}
	return list
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
