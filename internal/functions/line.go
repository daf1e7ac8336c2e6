package functions

// A Line is one line of what a function wrote, or of what the Host reports about it.
type Line struct {
	Function string
	PID      int // of the process

	// RequestID is the event that the process had when it wrote the line: the last one if the line
	// is Late, empty before the first.
	RequestID string

	Stream Stream
	Text   string // without the line feed; longer lines than 64 KB come in pieces

	// Late tells that the line was written after the reply. On Lambda it may appear with the next
	// event, or never.
	Late bool
}

// A Stream is where a Line comes from.
type Stream uint8

// The streams of a function.
const (
	Stdout Stream = iota + 1
	Stderr
	Report // START, END and REPORT, see [Host.Reports]
)

// String returns "stdout", "stderr" or "report".
func (s Stream) String() string {
	switch s {
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	case Report:
		return "report"
	}
	return "unknown"
}
