package functions

import (
	"fmt"
	"time"
)

// A Line is one line that a function wrote, or that the Host reports about it.
type Line struct {
	Function string
	PID      int // of the process

	// RequestID is the id of the event that the process had when it wrote the line: of the last one if
	// the line is Late; empty before the first.
	RequestID string

	Stream Stream

	// Text has no line feed and no carriage return: both end a line. A line longer than 64 KB comes
	// in pieces of whole characters.
	Text string

	// Late means that the line was written after the reply. On Lambda it may appear with the next
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

// A Warning is about a function and is not an error: mostly what works here and will not on Lambda.
type Warning struct {
	Kind      WarningKind
	Function  string
	RequestID string // empty if it is about no event
	Detail    string // a sentence for a log
}

// String returns the warning as a line of text.
func (w Warning) String() string {
	if w.RequestID == "" {
		return fmt.Sprintf("function %q: %s", w.Function, w.Detail)
	}
	return fmt.Sprintf("function %q: %s (request %s)", w.Function, w.Detail, w.RequestID)
}

// A WarningKind is what a Warning is about.
type WarningKind uint8

const (
	// WarnLateOutput: the process wrote output after its reply, so it continues to work then; Lambda
	// freezes it. There is one warning for each event.
	WarnLateOutput WarningKind = iota + 1

	// WarnReplyTooLarge: the reply is over 6 MB and was discarded, as on Lambda.
	WarnReplyTooLarge

	// WarnReplyDiscarded: the function replied after its caller had stopped waiting. API Gateway waits
	// for 29 seconds.
	WarnReplyDiscarded

	// WarnRetriesExhausted: an event of [Host.Enqueue] failed at its last retry and was dropped.
	WarnRetriesExhausted

	// WarnWaited: an event waited for longer than [SlowWait] because Concurrency processes, of which
	// there may be no more, had events. There is one warning for each function.
	WarnWaited

	// WarnSecondProcess: a second process of a function has started, which shares no memory with the
	// first. There is one warning for each function, and none for one that is Cold.
	WarnSecondProcess

	// WarnStranger: a program of another user has connected to the Runtime API of a process, and was
	// refused. There is one warning for each process.
	WarnStranger
)

// SlowWait is how long an event may wait for a process before there is a warning.
const SlowWait = time.Second

// String returns a short name for the kind: "late-output", "reply-too-large", "reply-discarded",
// "retries-exhausted", "waited", "second-process" or "stranger".
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
	case WarnWaited:
		return "waited"
	case WarnSecondProcess:
		return "second-process"
	case WarnStranger:
		return "stranger"
	}
	return "unknown"
}
