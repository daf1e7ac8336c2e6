package bench

// A sequence tells which numbers have come. A number may come late: API Gateway promises no order.
type sequence struct {
	next  int64              // all below have come
	ahead map[int64]struct{} // these have come, too
}

// mostAhead bounds the memory behind a number that never comes.
const mostAhead = 1 << 20

// add adds a number. It reports whether the number came before, and whether it overtook another.
func (s *sequence) add(n int64) (twice, early bool) {
	if _, twice = s.ahead[n]; twice || n < s.next {
		return true, false
	}
	if n > s.next {
		if s.ahead == nil {
			s.ahead = make(map[int64]struct{})
		}
		if len(s.ahead) < mostAhead {
			s.ahead[n] = struct{}{}
		}
		return false, true
	}
	for s.next++; ; s.next++ {
		if _, ok := s.ahead[s.next]; !ok {
			return false, false
		}
		delete(s.ahead, s.next)
	}
}
