package conformance

import (
	"slices"
	"strings"
	"time"
)

// A Case is one thing that API Gateway does.
type Case struct {
	// ID names the case: "handshake/connect-403".
	ID string

	// Section says where it is written down: a key of [Sections].
	Section string

	// Title says what is expected, or what is asked.
	Title string

	// Judged reports whether the case passes or fails. One that is not judged notes what it saw,
	// because nobody knows what API Gateway does.
	Judged bool

	// Slow is how long the case takes where time passes as at API Gateway; zero means no time to
	// speak of.
	Slow time.Duration

	needs need
	run   func(t *trial)
}

// A need is what a case cannot be run without, beside the endpoint.
type need uint8

const (
	needsBare need = 1 << iota // Target.Bare
	needsKeys                  // Target.Credentials
)

// judged makes a Case that passes or fails.
func judged(id, section, title string, run func(t *trial)) Case {
	return Case{ID: id, Section: section, Title: title, Judged: true, run: run}
}

// noted makes a Case that notes what it sees.
func noted(id, section, title string, run func(t *trial)) Case {
	return Case{ID: id, Section: section, Title: title, run: run}
}

func (c Case) needing(n need) Case {
	c.needs |= n
	return c
}

func (c Case) taking(d time.Duration) Case {
	c.Slow = d
	return c
}

// Cases returns all cases, in the order in which reports list them.
func Cases() []Case {
	return slices.Concat(
		connectCases(), requestCases(), answerCases(), subprotocolCases(), authorizerCases(),
		eventCases(), contextCases(), idCases(),
		routeCases(), bareCases(), errorCases(), responseCases(),
		postCases(), infoCases(), deleteCases(), goneCases(), pathCases(),
		signatureCases(), forgedCases(),
		sizeCases(), timeCases(), closeCases(), closeCodeCases(),
		frameCases(), headerCases(), fragmentCases(), controlCases(), textCases(),
		deflateCases(), offerCases(),
		unknownHandshakeCases(), unknownFrameCases(), unknownCallCases(), unknownTimeCases(),
	)
}

// matching returns the cases whose ID begins with prefix.
func matching(cases []Case, prefix string) []Case {
	return slices.DeleteFunc(cases, func(c Case) bool { return !strings.HasPrefix(c.ID, prefix) })
}
