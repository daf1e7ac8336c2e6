package harness

import "time"

// A Case is one thing that API Gateway does.
type Case struct {
	// ID names the case: "handshake/connect-403".
	ID string

	// Section says where the behaviour is written down: a key of conformance.Sections.
	Section string

	// Title says what is expected, or what is asked.
	Title string

	// Judged reports whether the case passes or fails. A case that is not judged notes what it saw,
	// because API Gateway's behaviour is not known.
	Judged bool

	// Slow is how long the case takes where time passes as at API Gateway; zero means that it does not
	// wait.
	Slow time.Duration

	// Needs is what the case cannot be run without, besides the endpoint.
	Needs Need

	// Run runs the case.
	Run func(t *T)
}

// A Need is a set of parts of a [Target].
type Need uint8

// The parts of a [Target] that a case may need.
const (
	NeedsBare        Need = 1 << iota // Target.Bare
	NeedsCredentials                  // Target.Credentials
)

// Needing returns the case with one more need.
func (c Case) Needing(n Need) Case {
	c.Needs |= n
	return c
}

// Taking returns the case with a time that it takes.
func (c Case) Taking(d time.Duration) Case {
	c.Slow = d
	return c
}
