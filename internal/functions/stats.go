package functions

// Stats is what the processes of one function are doing.
type Stats struct {
	Starting int // processes that have not asked for an event yet
	Idle     int // processes that have asked for an event, or have just replied to one
	Busy     int // processes that have one, those of older versions included
	Waiting  int // events that wait for a process
	Starts   int // processes started since the function was first deployed
}

func (p *pool) stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{Waiting: p.waiting.Len(), Starts: p.starts}
	for proc := range p.procs {
		s.count(proc.state)
	}
	for proc := range p.old {
		s.count(proc.state)
	}
	return s
}

func (s *Stats) count(what state) {
	switch what {
	case starting:
		s.Starting++
	case idle, replied:
		s.Idle++
	case busy:
		s.Busy++
	}
}
