package main

import "time"

// chat is a room of examples/chat, beside a plain broadcast of the same bytes.
func chat() experiment {
	x := broadcast()
	x.name, x.title = "chat", "A room of the chat"
	x.servers, x.bases, x.subject = []string{"tyg", "chat"}, []string{"tyg"}, []string{"chat"}
	x.columns = append([]column{
		{"lines/s", func(r row) float64 { return r.Rate / float64(r.setup.conns) }},
	}, x.columns...)
	x.setups = func(o options) []setup {
		return o.grid("broadcast", []int{1000}, []int{1, 8}, []int{128})
	}
	return x
}

// functions measures by the clock, because more than one process works on a message.
func functions() experiment {
	return experiment{
		name: "functions", title: "Through a function and @connections", unit: "messages per second",
		metric:  func(r row) float64 { return r.Rate },
		servers: []string{"serverless-offline", "functions-node", "functions-go"},
		bases:   []string{"serverless-offline"}, run: drive, family: true,
		columns: []column{
			{"p50 µs", func(r row) float64 { return r.P50 }},
			{"p99 µs", func(r row) float64 { return r.P99 }},
		},
		setups: func(o options) []setup {
			setups := o.grid("echo", []int{1, 16}, []int{1}, []int{128})
			for i := range setups {
				// serverless-offline answers some of many parallel handshakes with 502, and needs seconds
				// to start enough workers.
				setups[i].parallel, setups[i].warm = 1, 10*time.Second
			}
			return setups
		},
	}
}
