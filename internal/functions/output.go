package functions

import (
	"fmt"
)

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

// A Warning is something about a function that nobody is told by an error: mostly what it does here
// and would not get away with on Lambda.
type Warning struct {
	Kind      WarningKind
	Function  string
	RequestID string
	Detail    string // for people
}

// String returns the warning as a line of text.
func (w Warning) String() string {
	return fmt.Sprintf("function %q: %s (request %s)", w.Function, w.Detail, w.RequestID)
}

// A WarningKind is what a Warning is about.
type WarningKind uint8

const (
	// WarnLateOutput: the process went on working after its reply. Lambda freezes it then. It is told
	// once for each event.
	WarnLateOutput WarningKind = iota + 1

	// WarnReplyTooLarge: the reply is over 6 MB and was thrown away, as on Lambda.
	WarnReplyTooLarge

	// WarnReplyDiscarded: the function replied when nobody waited any more. API Gateway waits for 29 seconds.
	WarnReplyDiscarded

	// WarnRetriesExhausted: an event of [Host.Enqueue] failed as often as it may.
	WarnRetriesExhausted
)

// String returns a short name for the kind: "late-output", "reply-too-large", "reply-discarded" or
// "retries-exhausted".
func (k WarningKind) String() string {
	switch k {
	case WarnLateOutput:
		return "late-output"
	case WarnReplyTooLarge:
		return "reply-too-large"
	case WarnReplyDiscarded:
		return "reply-discarded"
	case WarnRetriesExhausted:
		return "retries-exhausted"
	}
	return "unknown"
}
