package browsertest

import "time"

// A Page is a page in a window of its own, of the size of a phone.
type Page struct {
	b       *Browser
	session string
}

// Open opens a page. It does not wait until the page is loaded.
func (b *Browser) Open(url string) *Page {
	b.t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	window := map[string]any{"url": "about:blank", "newWindow": true}
	b.call("", "Target.createTarget", window, &target)
	var session struct {
		ID string `json:"sessionId"`
	}
	attach := map[string]any{"targetId": target.ID, "flatten": true}
	b.call("", "Target.attachToTarget", attach, &session)
	p := &Page{b, session.ID}
	phone := map[string]any{"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": true}
	b.call(p.session, "Emulation.setDeviceMetricsOverride", phone, nil)
	b.call(p.session, "Page.navigate", map[string]any{"url": url}, nil)
	return p
}

// Eval runs an expression in the page and returns its value as text. An alert that is open makes
// it fail the test.
func (p *Page) Eval(expression string) string {
	p.b.t.Helper()
	value, thrown := p.evaluate(expression)
	if thrown != "" {
		p.b.t.Fatalf("%s threw %s", expression, thrown)
	}
	return value
}

func (p *Page) evaluate(expression string) (value, thrown string) {
	p.b.t.Helper()
	var result struct {
		Result struct{ Value string }
		Thrown struct {
			Text      string
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	params := map[string]any{"expression": "String(" + expression + ")", "returnByValue": true}
	p.b.call(p.session, "Runtime.evaluate", params, &result)
	return result.Result.Value, result.Thrown.Text + result.Thrown.Exception.Description
}

// Wait waits until a condition is true in the page. An expression that throws is not: the page may
// not be loaded yet.
func (p *Page) Wait(condition string) {
	p.b.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		value, thrown := p.evaluate(condition)
		switch {
		case value == "true":
			return
		case time.Now().After(end):
			text, _ := p.evaluate("document.body.innerText")
			p.b.t.Fatalf("%s is %s%s; the page shows\n%s", condition, value, thrown, text)
		}
	}
}
