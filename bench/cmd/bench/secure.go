package main

// The experiments over TLS run servers that accept a connection of any listener. The load client
// trusts one certificate, which is new in every run. No session is resumed but in tls-resume.

func secureServers() []string { return []string{"tyg", "gws", "gorilla", "coder"} }

// secured makes all setups of an experiment speak TLS.
func secured(x experiment, name, title string) experiment {
	x.name, x.title = name, title
	x.servers, x.bases, x.subject = secureServers(), []string{"gws"}, []string{"tyg"}
	x.setups = withEach(x.setups, func(s *setup) { s.tls = true })
	return x
}

// withEach returns setups, each of which is changed.
func withEach(setups func(options) []setup, change func(*setup)) func(options) []setup {
	return func(o options) []setup {
		list := setups(o)
		for i := range list {
			change(&list[i])
		}
		return list
	}
}

func secureEcho() experiment {
	x := echo()
	x.setups = func(o options) []setup { return o.grid("echo", []int{64}, []int{1, 8}, []int{512}) }
	return secured(x, "tls", "Echo over TLS")
}

func secureHandshake() experiment {
	return secured(handshake(), "tls-handshake", "New connections over TLS")
}

// secureResume is secureHandshake whose clients have been there before, as those of a storm.
func secureResume() experiment {
	x := secured(handshake(), "tls-resume", "New connections over TLS, resumed")
	x.columns = append(x.columns, column{"resumed %", func(r row) float64 {
		return 100 * float64(r.Resumed) / float64(r.Messages)
	}})
	x.setups = withEach(x.setups, func(s *setup) { s.resume = true })
	return x
}

func secureIdle() experiment {
	return secured(idleMemory(), "tls-idle", "Memory of an idle connection with TLS")
}
