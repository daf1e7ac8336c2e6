package browsertest

// Looks returns the looks that pages are made for, by name.
func Looks() map[string]Look {
	return map[string]Look{
		"phone":        {Width: 390, Height: 844},
		"phone-dark":   {Width: 390, Height: 844, Dark: true},
		"desktop":      {Width: 1440, Height: 900},
		"desktop-dark": {Width: 1440, Height: 900, Dark: true},
	}
}

// Inject runs a script in the page, which its policy does not restrict.
func (p *Page) Inject(source string) {
	p.b.t.Helper()
	var result struct {
		Thrown *struct{ Text string } `json:"exceptionDetails"`
	}
	p.b.call(p.session, "Runtime.evaluate", map[string]any{"expression": source}, &result)
	if result.Thrown != nil {
		p.b.t.Fatalf("the script threw %s", result.Thrown.Text)
	}
}

// Press presses a key: a character, or a name such as Enter.
func (p *Page) Press(key string) {
	p.b.t.Helper()
	text := key
	switch key {
	case "Enter":
		text = "\r"
	case "Escape", "ArrowUp", "ArrowDown":
		text = ""
	}
	code := map[string]int{"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		event := map[string]any{"type": kind, "key": key, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			event["text"] = text
		}
		p.b.call(p.session, "Input.dispatchKeyEvent", event, nil)
	}
}
