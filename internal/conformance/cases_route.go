package conformance

// routeCases are about the route selection expression $request.body.action.
func routeCases() []Case {
	const section = "3.1"
	var cases []Case
	rows := []struct{ name, title, message, want string }{
		{"match", "the value of action selects the route", `{"action":"report"}`, "report"},
		{
			"space", "white space around the JSON does not matter", " \r\n\t{ \"action\" : \"report\" }\n",
			"report",
		},
		{
			"escaped", "escapes in names and values do not matter", `{"\u0061ction":"r\u0065port"}`,
			"report",
		},
		{"number", "a number becomes text", `{"action":5}`, "5"},
		{"boolean", "true becomes text", `{"action":true}`, "true"},
		{"array", "an array becomes [item1, item2]", `{"action":["a","b"]}`, "[a, b]"},
		{"missing", "no action: $default", `{"other":"report"}`, "$default"},
		{"case", "keys are compared with their case", `{"action":"Report"}`, "$default"},
		{"unknown", "no such key: $default", `{"action":"nonsense"}`, "$default"},
		{"default", "$default may be asked for", `{"action":"$default"}`, "$default"},
		{"connect", "a message never takes $connect", `{"action":"$connect"}`, "$default"},
		{"disconnect", "a message never takes $disconnect", `{"action":"$disconnect"}`, "$default"},
		{"nested", "action is looked for on top only", `{"a":{"action":"report"}}`, "$default"},
		{"not-json", "what is not JSON: $default", `hello`, "$default"},
		{"cut-json", "JSON that is cut: $default", `{"action":"report"`, "$default"},
		{"empty", "an empty message: $default", ``, "$default"},
	}
	for _, row := range rows {
		cases = append(cases, judged("route/"+row.name, section, row.title, func(t *trial) {
			p := t.dial()
			p.send(row.message)
			n := p.note()
			t.equal("routeKey", n.Event.text("routeKey"), row.want)
			t.equal("body", n.Event.body(), row.message)
		}))
	}
	return cases
}

// bareCases are about an API with another route selection expression and without $default.
func bareCases() []Case {
	const section = "3.1"
	var cases []Case
	rows := []struct{ name, title, message, want string }{
		{
			"two", "an expression may have several variables", `{"service":"chat","action":"join"}`,
			"pick$chat/join-",
		},
		{"none", "a variable that is missing is empty", `{"action":"join"}`, "pick$/join-"},
		{"other", "each variable stands alone", `{"service":"chat"}`, "pick$chat/-"},
		{"literal", "the text around variables stands, and \\$ is $", `{}`, "pick$/-"},
	}
	for _, row := range rows {
		cases = append(cases, judged("expression/"+row.name, section, row.title, func(t *trial) {
			p := t.dial()
			p.send(row.message)
			t.equal("routeKey", p.note().Event.text("routeKey"), row.want)
		}).needing(needsBare))
	}
	forbidden := func(message string) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			p.send(message)
			p.errorFrame("Forbidden")
		}
	}
	return append(cases,
		judged("error/forbidden", "3.2", "no route and no $default: Forbidden",
			forbidden(`{"service":"chat","action":"leave"}`)).needing(needsBare),
		judged("error/forbidden-stays", "3.2", "Forbidden does not close the connection", func(t *trial) {
			p := t.dial()
			p.send(`{"service":"chat","action":"leave"}`)
			p.errorFrame("Forbidden")
			p.send(`{}`)
			p.note()
		}).needing(needsBare),
	)
}

// errorCases are about the frames by which a client learns that its message failed.
func errorCases() []Case {
	const section, internal = "3.2", "Internal server error"
	frame := func(action string) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			p.id()
			p.do(action)
			p.errorFrame(internal)
		}
	}
	return []Case{
		judged("error/fails", section, "the handler fails: Internal server error", frame("fail")),
		judged("error/panics", section, "the handler panics: Internal server error", frame("panic")),
		judged("error/rejects", section, "a refusal is an error outside of connect", frame("reject")),
		judged("error/response-route", section, "a route that answers fails: Internal server error",
			func(t *trial) {
				p := t.dial()
				p.do("answer", "fail", true)
				p.errorFrame(internal)
			}),
		judged("error/stays", section, "error frames do not close the connection", func(t *trial) {
			p := t.dial()
			for range 3 {
				p.do("fail")
				p.errorFrame(internal)
			}
			p.calm()
		}),
		judged("error/requestId", section, "the requestId in the frame is that of the event",
			func(t *trial) {
				watcher, p := t.dial(), t.dial()
				p.do("fail", "tell", watcher.id())
				t.equal("requestId", p.errorFrame(internal), watcher.event("MESSAGE").Event.text("requestId"))
			}),
		judged("error/status", section, "a status of 500 from a one-way route sends nothing",
			func(t *trial) {
				p := t.dial()
				p.do("quiet", "status", 500)
				p.calm()
			}),
	}
}

// responseCases are about routes that answer, and routes that do not.
func responseCases() []Case {
	const section = "4"
	answers := func(data string) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			p.do("answer", "data", data)
			t.equal("answer", p.text(), data)
			p.calm()
		}
	}
	return []Case{
		judged("response/one-way", section, "without a route response nothing is sent", func(t *trial) {
			p := t.dial()
			p.do("quiet")
			p.calm()
		}),
		judged("response/body", section, "with one the body is sent", answers("hello")),
		judged("response/as-is", section, "the body is sent as it is", answers(` {"a": "ä€😀\u0000"} `)),
		judged("response/empty", section, "an empty body is an empty message", answers("")),
		judged("response/order", section, "answers come in the order of one question after the other",
			func(t *trial) {
				p := t.dial()
				for _, data := range []string{"1", "2", "3"} {
					p.do("answer", "data", data)
					t.equal("answer", p.text(), data)
				}
			}),
	}
}
