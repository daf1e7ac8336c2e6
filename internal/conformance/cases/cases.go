// Package cases has the cases of a conformance run, a file for each subject.
package cases

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// All returns all cases, in the order in which reports list them.
func All() []harness.Case {
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

// judged makes a case that passes or fails.
func judged(id, section, title string, run func(t *harness.T)) harness.Case {
	return harness.Case{ID: id, Section: section, Title: title, Judged: true, Run: run}
}

// noted makes a case that notes what it sees.
func noted(id, section, title string, run func(t *harness.T)) harness.Case {
	return harness.Case{ID: id, Section: section, Title: title, Run: run}
}
