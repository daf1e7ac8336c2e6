package main

import "github.com/tyg-dev/tyg/bench/internal/load"

// pieces is messages of one frame that come in many small writes.
func pieces() experiment {
	return experiment{
		name: "pieces", title: "Large messages in small pieces", unit: "MB per server CPU second",
		metric:  func(r row) float64 { return r.PerCPU * float64(r.setup.size) / 1e6 },
		servers: []string{"tyg", "gws", "gorilla"}, bases: []string{"gws", "gorilla"}, run: drive,
		columns: []column{
			{"messages/s", func(r row) float64 { return r.Rate }},
			{"server %", func(r row) float64 { return 100 * r.ServerCPU }},
			{"client %", func(r row) float64 { return 100 * r.ClientCPU }},
		},
		setups: func(o options) (setups []setup) {
			o.depths = nil // one message after the other
			for _, s := range o.grid("pieces", []int{1}, []int{1}, []int{1 << 20, 4 << 20}) {
				for _, s.piece = range []int{64, 1460, 8192} {
					s.dialect, s.many = load.Plain, true
					setups = append(setups, s)
				}
			}
			return setups
		},
	}
}
