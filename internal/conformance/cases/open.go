package cases

import "github.com/tyg-dev/tyg/internal/conformance/harness"

// unknownOpenCases note when an application's OnOpen runs. The event is tyg's own: API Gateway has
// none, so nothing about it is judged.
func unknownOpenCases() []harness.Case {
	return []harness.Case{
		noted("unknown/open", "tyg", "OnOpen, which is tyg's own, greets a client", func(t *harness.T) {
			p := t.Dial("open=1")
			for n := range 2 {
				p.Do("report")
				if p.Text() == "open" {
					t.Note("before the answer to message %d", n+1)
					return
				}
			}
			t.Note("not before the answer to its second message")
		}),
	}
}
