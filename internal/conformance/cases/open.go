package cases

import "github.com/tyg-dev/tyg/internal/conformance/harness"

// unknownOpenCases note when an application's OnOpen runs. The event is tyg's own: API Gateway has
// none, so nothing about it is judged.
func unknownOpenCases() []harness.Case {
	return []harness.Case{
		noted("unknown/open", "tyg", "OnOpen, which is tyg's own, greets a client", func(t *harness.T) {
			p := t.Dial("open=1")
			p.Do("report")
			first := p.Text()
			if first == "open" {
				p.Notice()
				t.Note("before the answer to its first message")
				return
			}
			t.Equal("the message after the first answer", p.Text(), "open")
			t.Note("after the answer to its first message")
		}),
	}
}
