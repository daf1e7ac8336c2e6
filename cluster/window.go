package cluster

import "github.com/tyg-dev/tyg/internal/connid"

// windowSize is how many commands of a node are remembered. Commands are reordered where one takes
// the way over a relay, and NATS repeats none; so it is large for what happens.
const windowSize = 4096

// A window remembers which commands of one node were executed, so that none is executed twice, and
// none after a later one.
type window struct {
	last uint64 // the highest number
	seen [windowSize / 64]uint64
}

// A verdict is what becomes of a command.
type verdict uint8

const (
	execute verdict = iota
	repeated
	late // it was not executed, and never will be
)

// judge returns what becomes of a command, and notes that it is executed.
func (w *window) judge(seq uint64) verdict {
	if seq > w.last {
		for n := max(w.last+1, seq-min(seq, windowSize-1)); n <= seq; n++ {
			w.seen[n%windowSize/64] &^= 1 << (n % 64)
		}
		w.last = seq
		w.seen[seq%windowSize/64] |= 1 << (seq % 64)
		return execute
	}
	if w.last-seq >= windowSize || w.seen[seq%windowSize/64]&(1<<(seq%64)) != 0 {
		return repeated
	}
	return late
}

// windows are those of all nodes. The reader owns them.
type windows map[connid.Incarnation]*window

func (ws windows) judge(from connid.Incarnation, seq uint64) verdict {
	w := ws[from]
	if w == nil {
		w = new(window)
		ws[from] = w
	}
	return w.judge(seq)
}
