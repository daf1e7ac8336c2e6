package selfhost

import (
	"errors"

	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/functions"
)

// isAnswer reports whether an error is an answer of a function.
func isAnswer(err error) bool {
	_, ok := errors.AsType[*functions.FunctionError](err)
	return ok
}

// functionMetrics returns the counts of each function.
func (g *Gateway) functionMetrics() (list []admin.Metric) {
	for _, fn := range g.set.Functions {
		if s, ok := g.host.Stats(fn.Name); ok {
			list = append(list, metricsOf(fn.Name, s)...)
		}
	}
	return list
}

func metricsOf(function string, s functions.Stats) []admin.Metric {
	of := admin.Label{Name: "function", Value: function}
	list := []admin.Metric{
		{
			Name: "tyg_function_waiting", Help: "Events that wait for a process.",
			Labels: []admin.Label{of}, Number: float64(s.Waiting),
		},
		{
			Name: "tyg_function_starts_total", Help: "Processes started.", Kind: admin.Counter,
			Labels: []admin.Label{of}, Number: float64(s.Starts),
		},
	}
	for _, p := range []struct {
		state string
		n     int
	}{{"starting", s.Starting}, {"idle", s.Idle}, {"busy", s.Busy}} {
		list = append(list, admin.Metric{
			Name: "tyg_function_processes", Help: "Processes of a function, by state.",
			Labels: []admin.Label{of, {Name: "state", Value: p.state}}, Number: float64(p.n),
		})
	}
	return list
}

func (g *Gateway) clusterMetrics() []admin.Metric {
	if m := g.node(); m != nil {
		return m.Metrics()
	}
	return nil
}

// fileMetrics returns the figures of the file of disconnects, if there is one.
func (g *Gateway) fileMetrics() []admin.Metric {
	if g.file == nil {
		return nil
	}
	return admin.OfFile(g.file.Stats())
}
