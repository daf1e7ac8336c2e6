package inspect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// echoTo sends each message back, and to a group and to all.
func echoTo() *tyg.App {
	app := tyg.New("test")
	room := app.Group("room")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if string(m.Data) == "fail" {
			return errors.New("it was asked to")
		}
		_ = room.Add(ctx, c.ID)
		_ = room.Send(ctx, m.Data)
		_ = app.Everyone().SendString(ctx, "news")
		return c.Send(ctx, m.Data)
	})
	return app
}

// One line is one message, with its route, its handler, what was sent, and who got it.
func TestALineIsAMessageAndWhatItCaused(t *testing.T) {
	t.Parallel() // it mostly waits
	r := start(t, echoTo())
	other := r.dial()
	v := r.view()
	c := r.dial()
	r.say(c, "hi")
	r.say(c, "fail")
	r.hear(c)
	r.hear(other)
	l := v.await("the message", func(l line) bool {
		return l.Kind == "message" && l.Frame.Text == "hi" && l.Done
	})
	if l.Route != "$default" || l.MS <= 0 || l.Error != "" || l.Conn == "" || len(l.Sends) != 3 {
		t.Fatalf("the line is %+v", l)
	}
	group, all, own := l.Sends[0], l.Sends[1], l.Sends[2]
	if group.Group != "room" || group.Count != 1 || group.To[0].ID != l.Conn ||
		!all.All || all.Count != 2 || all.Frame.Text != "news" || len(all.To) != 2 ||
		own.Group != "" || own.All || own.To[0].ID != l.Conn || own.To[0].Error != "" || own.Guess {
		t.Errorf("the sends are %+v", l.Sends)
	}
	bad := v.await("the failure", func(l line) bool { return l.Error != "" })
	if bad.Error != "it was asked to" || bad.Frame.Text != "fail" || len(bad.Sends) != 1 ||
		!strings.Contains(bad.Sends[0].Frame.Text, "Internal server error") {
		t.Errorf("the failure is %+v", bad)
	}
	_ = c.Close(1000, "")
	v.await("the end", func(l line) bool { return l.Kind == "disconnect" && l.Status == 1000 })
	v.await("the begin", func(l line) bool { return l.Kind == "connect" })
}

// Functions send by the @connections API: the trace of a call says for which event, and without one
// it is a guess if only one event is handled.
func TestCallsOfFunctionsAreJoined(t *testing.T) {
	t.Parallel() // it mostly waits
	var r *rig
	calls := make(chan string)
	app := tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		if e.Type != tyg.EventMessage {
			return tyg.Reply{}, nil
		}
		trace := "Root=1-" + e.RequestID
		r.inspect.Started(ctx, "f", "lambda-"+e.RequestID, trace+";Parent=1")
		r.inspect.Printed("f", "lambda-"+e.RequestID, "stdout", "said "+string(e.Message.Data))
		header := map[string]string{"named": trace + ";Parent=2", "unnamed": ""}[string(e.Message.Data)]
		r.post(e.Conn.ID, header)
		<-calls
		return tyg.Reply{}, nil
	})
	r = start(t, app)
	v := r.view()
	c, d := r.dial(), r.dial()
	r.say(c, "named")
	r.say(d, "waits")
	r.hear(c)
	r.hear(d)
	calls <- ""
	calls <- ""
	r.say(c, "unnamed")
	r.hear(c)
	calls <- ""
	l := v.await("the named", func(l line) bool {
		return l.Done && l.Frame != nil && l.Frame.Text == "named" && l.Logs != nil
	})
	if len(l.Sends) != 1 || l.Sends[0].Guess || l.Logs[0].Text != "said named" {
		t.Errorf("with a trace the line is %+v", l)
	}
	l = v.await("the unnamed", func(l line) bool {
		return l.Done && l.Frame != nil && l.Frame.Text == "unnamed"
	})
	if len(l.Sends) != 1 || !l.Sends[0].Guess {
		t.Errorf("without a trace the line is %+v", l)
	}
	l = v.await("a call while two events were handled", func(l line) bool { return l.Kind == "send" })
	if len(l.Sends) != 1 || l.Sends[0].Guess {
		t.Errorf("that line is %+v", l)
	}
}

// An invocation that is no event of the gateway, such as that for OnOpen, has a line of its own,
// and what it sends is not taken for that of the event that is handled meanwhile.
func TestInvocationsHaveLines(t *testing.T) {
	t.Parallel() // it mostly waits
	var r *rig
	app := tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		if e.Type == tyg.EventMessage {
			r.inspect.Started(t.Context(), "f", "own", "Root=1-own;Parent=1")
			r.inspect.Printed("f", "own", "stderr", "by itself")
			r.post(e.Conn.ID, "Root=1-own;Parent=2")
		}
		return tyg.Reply{}, nil
	})
	r = start(t, app)
	v := r.view()
	c := r.dial()
	r.say(c, "hi")
	r.hear(c)
	l := v.await("the invocation", func(l line) bool { return l.Kind == "invoke" && l.Sends != nil })
	if l.Route != "f" || len(l.Sends) != 1 || l.Sends[0].Guess || len(l.Logs) != 1 {
		t.Errorf("the line is %+v", l)
	}
	l = v.await("the message", func(l line) bool { return l.Kind == "message" && l.Done })
	if l.Sends != nil {
		t.Errorf("the message is %+v", l)
	}
}

// The page's own client connects, sends and closes; a message goes to any connection, and ends it.
func TestActions(t *testing.T) {
	t.Parallel() // it mostly waits
	r := start(t, echoTo())
	v := r.view()
	c := r.dial()
	id := v.await("the connection", func(l line) bool { return l.Kind == "connect" }).Conn
	if status, answer := r.call("send", map[string]any{"conn": id, "text": "psst"}); status != 200 {
		t.Errorf("send: %d %v", status, answer)
	}
	if got := r.hear(c); got != "psst" {
		t.Errorf("the client got %q", got)
	}
	status, answer := r.call("clients/open", map[string]any{"query": "a=b", "headers": "X-Own: 1\n"})
	if status != 200 || answer["conn"] == "" || answer["conn"] == id {
		t.Fatalf("open: %d %v", status, answer)
	}
	for v.conns = nil; v.conns == nil; {
		if u := v.next(); u.Conns != nil && u.Conns.Total == 2 {
			v.conns = &u
		}
	}
	if own := v.conns.Conns.List[0]; own.ID != answer["conn"] || own.Client != 1 {
		t.Errorf("the newest connection is %+v", own)
	}
	status, answer = r.call("clients/send", map[string]any{"client": 1, "text": "x"})
	if status != 200 {
		t.Errorf("clients/send: %d %v", status, answer)
	}
	v.await("its message", func(l line) bool {
		return l.Frame != nil && l.Frame.Text == "x" && l.Done
	})
	if status, _ := r.call("clients/close", map[string]any{"client": 1}); status != 200 {
		t.Errorf("clients/close: %d", status)
	}
	if status, _ := r.call("close", map[string]any{"conn": id}); status != 200 {
		t.Errorf("close: %d", status)
	}
	v.await("the end", func(l line) bool { return l.Kind == "disconnect" && l.Conn == id })
	for path, body := range map[string]any{
		"send": map[string]any{"conn": id, "text": "x"}, "clients/send": map[string]any{"client": 9},
	} {
		if status, answer := r.call(path, body); status != http.StatusGone || answer["error"] == "" {
			t.Errorf("%s to what is gone: %d %v", path, status, answer)
		}
	}
	if status, answer := r.call("clients/open", map[string]any{"headers": "nonsense"}); status != 400 {
		t.Errorf("with a wrong header: %d %v", status, answer)
	}
}

// Without a page the gateway has no observer, and the timeline stays empty.
func TestNothingIsNotedWithoutAViewer(t *testing.T) {
	t.Parallel() // it mostly waits
	r := start(t, echoTo())
	v := r.view()
	c := r.dial()
	r.say(c, "seen")
	v.await("the message", func(l line) bool { return l.Kind == "message" })
	v.close()
	for end := time.Now().Add(patience); r.observed(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the observer stays")
		}
	}
	r.say(c, "unseen")
	for range 6 {
		r.hear(c)
	}
	d := r.dial()
	r.say(d, "unseen")
	for range 3 {
		r.hear(d) // the last is the end of its handler
	}
	v = r.view()
	r.say(c, "again")
	v.await("the last", func(l line) bool { return l.Frame != nil && l.Frame.Text == "again" })
	for _, l := range v.lines {
		if l.Frame != nil && l.Frame.Text == "unseen" {
			t.Errorf("a line is %+v", l)
		}
	}
}

// observed reports whether the gateway has an observer. It must not be called while one is wanted.
func (r *rig) observed() bool { return !r.inspect.Idle() }

// Many messages are sampled: those that are shown are few, and charts count all.
func TestManyMessagesAreSampled(t *testing.T) {
	t.Parallel() // it mostly waits
	app := tyg.New("test")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	r := start(t, app)
	v := r.view()
	c := r.dial()
	const sent = 5000
	began := time.Now()
	for range sent {
		r.say(c, strings.Repeat("x", 100))
	}
	in := 0.0
	for in < sent*0.9 {
		for _, s := range v.next().Samples {
			in += s.In
		}
	}
	// 200 in each second are shown, and a slow machine takes more than a few.
	if n := len(v.lines); n < 50 || n > 1000+200*int(time.Since(began).Seconds()) {
		t.Errorf("of %d messages there are %d lines", sent, n)
	}
}

// Who does not know the token, or is another web page, gets nothing but the page.
func TestStrangersAreRefused(t *testing.T) {
	r := start(t, echoTo())
	port := strings.TrimSuffix(strings.TrimPrefix(r.page, "http://127.0.0.1:"), "/")
	tests := []struct {
		name   string
		path   string
		header map[string]string
		want   int
	}{
		{"the page", "", nil, 200},
		{"a script of it", "inspect.js", nil, 200},
		{"no token", "api/events", nil, 401},
		{"a wrong token", "api/events", map[string]string{"Authorization": "Bearer x"}, 401},
		{"the token in the URL", "api/events?token=" + token, nil, 401},
		{"a name that points here", "", map[string]string{"Host": "evil.example:80"}, 403},
		{"a name that points here, with the token", "api/record", map[string]string{
			"Host": "evil.example", "Authorization": "Bearer " + token,
		}, 403},
		{"another origin", "api/record", map[string]string{
			"Origin": "http://127.0.0.1:1", "Authorization": "Bearer " + token,
		}, 403},
		{"another site", "api/record", map[string]string{
			"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer " + token,
		}, 403},
		{"another port of this machine", "api/record", map[string]string{
			"Sec-Fetch-Site": "same-site", "Authorization": "Bearer " + token,
		}, 403},
		{"localhost", "", map[string]string{"Host": "localhost:" + port}, 200},
	}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.page+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range tt.header {
			if req.Header.Set(name, value); name == "Host" {
				req.Host = value
			}
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, res.StatusCode, tt.want)
		}
		if p := res.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") ||
			strings.Contains(p, "unsafe") {
			t.Errorf("%s: the policy is %q", tt.name, p)
		}
	}
}

// A call that is no JSON comes from a form of another page, maybe.
func TestFormsAreRefused(t *testing.T) {
	r := start(t, echoTo())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.page+"api/clear",
		strings.NewReader("x=1"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", res.StatusCode)
	}
}

// post sends with @connections, as a function does.
func (r *rig) post(id tyg.ConnID, trace string) {
	url := strings.Replace(r.url, "ws://", "http://", 1) + "@connections/" + string(id)
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader("from a function"))
	if err != nil {
		panic(err)
	}
	if trace != "" {
		req.Header.Set("X-Amzn-Trace-Id", trace)
	}
	signForTest(req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		panic(res.Status)
	}
}

// signForTest signs as any caller on this machine may.
func signForTest(req *http.Request) {
	key := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "secret"}
	sigv4.Sign(req, []byte("from a function"), key, "us-east-1", "execute-api", time.Now())
}
