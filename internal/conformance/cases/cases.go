// Package cases has the cases of a conformance run, a file for each subject.
package cases

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
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
		unknownOpenCases(),
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

// textFrame returns a frame that is a whole text message.
func textFrame(payload string) harness.Frame {
	return harness.Frame{Op: ws.OpText, Payload: payload}
}

// deflatedFrame returns a frame that is a whole text message, compressed.
func deflatedFrame(text string) harness.Frame {
	return harness.Frame{Op: ws.OpText, RSV: 1, Payload: harness.Deflate(text)}
}

// closeFrame returns a close frame.
func closeFrame(code int, reason string) harness.Frame {
	return harness.Frame{Op: ws.OpClose, Payload: harness.ClosePayload(code, reason)}
}

// breach returns a case in which a client breaks a rule, and the endpoint closes with a code.
func breach(code int, frames ...harness.Frame) func(*harness.T) {
	return func(t *harness.T) {
		p := t.Dial()
		p.WriteRaw(harness.Encode(frames...))
		p.ExpectClose(code)
	}
}
