package cases

import "github.com/tyg-dev/tyg/internal/conformance/harness"

// routeCases check the route selection expression $request.body.action.
func routeCases() []harness.Case {
	const section = "3.1"
	var cases []harness.Case
	rows := []struct{ name, title, message, want string }{
		{"match", "the value of action selects the route", `{"action":"report"}`, "report"},
		{
			"space", "white space around the JSON is ignored", " \r\n\t{ \"action\" : \"report\" }\n",
			"report",
		},
		{
			"escaped", "escapes in names and values are decoded", `{"\u0061ction":"r\u0065port"}`,
			"report",
		},
		{"number", "a number becomes text", `{"action":5}`, "5"},
		{"boolean", "true becomes text", `{"action":true}`, "true"},
		{"array", "an array becomes [item1, item2]", `{"action":["a","b"]}`, "[a, b]"},
		{"missing", "no action: $default", `{"other":"report"}`, "$default"},
		{"case", "route keys are case-sensitive", `{"action":"Report"}`, "$default"},
		{"unknown", "no route with that key: $default", `{"action":"nonsense"}`, "$default"},
		{"default", "action may name $default", `{"action":"$default"}`, "$default"},
		{"connect", "a message never selects $connect", `{"action":"$connect"}`, "$default"},
		{"disconnect", "a message never selects $disconnect", `{"action":"$disconnect"}`, "$default"},
		{"nested", "only a top-level action counts", `{"a":{"action":"report"}}`, "$default"},
		{"not-json", "a message that is not JSON: $default", `hello`, "$default"},
		{"cut-json", "truncated JSON: $default", `{"action":"report"`, "$default"},
		{"empty", "an empty message: $default", ``, "$default"},
	}
	for _, row := range rows {
		cases = append(cases, judged("route/"+row.name, section, row.title, func(t *harness.T) {
			p := t.Dial()
			p.Send(row.message)
			n := p.Notice()
			t.Equal("routeKey", n.Event.Text("routeKey"), row.want)
			t.Equal("body", n.Event.Body(), row.message)
		}))
	}
	return cases
}

// bareCases check an API with another route selection expression and without $default.
func bareCases() []harness.Case {
	const section = "3.1"
	var cases []harness.Case
	rows := []struct{ name, title, message, want string }{
		{
			"two", "an expression may have several variables", `{"service":"chat","action":"join"}`,
			"pick$chat/join-",
		},
		{"none", "a variable that is missing is empty", `{"action":"join"}`, "pick$/join-"},
		{"other", "each variable is evaluated by itself", `{"service":"chat"}`, "pick$chat/-"},
		{"literal", "the text around variables is kept, and \\$ is $", `{}`, "pick$/-"},
	}
	for _, row := range rows {
		cases = append(cases, judged("expression/"+row.name, section, row.title, func(t *harness.T) {
			p := t.Dial()
			p.Send(row.message)
			t.Equal("routeKey", p.Notice().Event.Text("routeKey"), row.want)
		}).Needing(harness.NeedsBare))
	}
	forbidden := func(message string) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			p.Send(message)
			p.ErrorFrame("Forbidden")
		}
	}
	return append(cases,
		judged("error/forbidden", "3.2", "no matching route and no $default: Forbidden",
			forbidden(`{"service":"chat","action":"leave"}`)).Needing(harness.NeedsBare),
		judged("error/forbidden-stays", "3.2", "Forbidden does not close the connection",
			func(t *harness.T) {
				p := t.Dial()
				p.Send(`{"service":"chat","action":"leave"}`)
				p.ErrorFrame("Forbidden")
				p.Send(`{}`)
				p.Notice()
			}).Needing(harness.NeedsBare),
	)
}

// errorCases check the error frames that a client gets for a failed message.
func errorCases() []harness.Case {
	const section, internal = "3.2", "Internal server error"
	errorFrame := func(action string) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			p.ID()
			p.Do(action)
			p.ErrorFrame(internal)
		}
	}
	return []harness.Case{
		judged("error/fails", section, "the handler fails: Internal server error", errorFrame("fail")),
		judged("error/panics", section, "the handler panics: Internal server error", errorFrame("panic")),
		judged("error/rejects", section, "a rejection outside of connect: Internal server error",
			errorFrame("reject")),
		judged("error/response-route", section, "a route with a response fails: Internal server error",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("answer", "fail", true)
				p.ErrorFrame(internal)
			}),
		judged("error/stays", section, "error frames do not close the connection", func(t *harness.T) {
			p := t.Dial()
			for range 3 {
				p.Do("fail")
				p.ErrorFrame(internal)
			}
			p.ExpectQuiet()
		}),
		judged("error/requestId", section, "the requestId in the frame is that of the event",
			func(t *harness.T) {
				watcher, p := t.Dial(), t.Dial()
				p.Do("fail", "tell", watcher.ID())
				t.Equal("requestId", p.ErrorFrame(internal), watcher.Event("MESSAGE").Event.Text("requestId"))
			}),
		judged("error/status", section, "a status of 500 from a one-way route sends nothing",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("quiet", "status", 500)
				p.ExpectQuiet()
			}),
	}
}

// responseCases check routes that answer, and routes that do not.
func responseCases() []harness.Case {
	const section = "4"
	answers := func(data string) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			p.Do("answer", "data", data)
			t.Equal("answer", p.Text(), data)
			p.ExpectQuiet()
		}
	}
	return []harness.Case{
		judged("response/one-way", section, "without a route response no message is sent",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("quiet")
				p.ExpectQuiet()
			}),
		judged("response/body", section, "with a route response the body is sent", answers("hello")),
		judged("response/as-is", section, "the body is sent unchanged", answers(` {"a": "ä€😀\u0000"} `)),
		judged("response/empty", section, "an empty body is an empty message", answers("")),
		judged("response/order", section, "sequential requests are answered in order",
			func(t *harness.T) {
				p := t.Dial()
				for _, data := range []string{"1", "2", "3"} {
					p.Do("answer", "data", data)
					t.Equal("answer", p.Text(), data)
				}
			}),
	}
}
