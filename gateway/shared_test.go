package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// must makes a signed call that must have the status, and decodes its body into v.
func (r *rig) must(t *testing.T, status int, v any, method, path, body string, header ...string) {
	t.Helper()
	got, h, text := r.call(t, method, path, body, header...)
	if got != status {
		t.Fatalf("%s %s: status %d %s %s, want %d", method, path, got, h.Get("X-Amzn-Errortype"), text,
			status)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
}

func member(group string, id tyg.ConnID) string {
	return "/api/@groups?name=" + url.QueryEscape(group) + "&conn=" + url.QueryEscape(string(id))
}

func TestGroupCalls(t *testing.T) {
	r, john, conn, l := open(t, &gateway.Server{Extensions: gateway.Extensions{Binary: true}})
	jenny := r.dial(t)
	other := next(t, l.connects)
	tea := "/api/@groups?name=room%3A42"
	var c hostapi.Change
	r.must(t, 200, &c, "PUT", member("room:42", conn.ID), `"John"`)
	if !c.Changed || c.Member.Name() != "John" || c.Member.ID != conn.ID {
		t.Errorf("PUT answered %+v", c)
	}
	r.must(t, 200, &c, "PUT", member("room:42", other.ID), "")
	r.must(t, 200, &c, "PUT", member("room:42", other.ID), "")
	if c.Changed {
		t.Errorf("PUT of a member answered %+v", c)
	}
	var d tyg.Delivery
	r.must(t, 200, &d, "POST", tea, "hi")
	john.expect(t, "hi")
	jenny.expect(t, "hi")
	r.must(t, 200, &d, "POST", "/@everyone", "all", "Tyg-Except", "x, "+string(conn.ID))
	jenny.expect(t, "all")
	if d.Reached != 1 {
		t.Errorf("a message to one was delivered as %+v", d)
	}
	r.must(t, 200, &d, "POST", tea, `{"data":"aGk=","except":["`+string(other.ID)+`"]}`,
		"Content-Type", "application/vnd.tyg.message+json")
	john.expect(t, "hi")
	r.must(t, 200, &d, "POST", tea, "\xff", "Content-Type", "application/vnd.tyg.binary")
	john.expect(t, "\xff")
	r.must(t, 200, &c, "DELETE", member("room:42", conn.ID), "")
	if !c.Changed || c.Member.Name() != "John" {
		t.Errorf("DELETE answered %+v", c)
	}
	r.must(t, 200, &c, "DELETE", member("room:42", conn.ID), "")
	if c.Changed {
		t.Errorf("DELETE of no member answered %+v", c)
	}
}

// TestPagesHaveEachMemberOnce reads page after page while other members leave and join.
func TestPagesHaveEachMemberOnce(t *testing.T) {
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	var ids []tyg.ConnID
	for range 7 {
		r.dial(t)
		ids = append(ids, next(t, l.connects).ID)
		r.must(t, 200, nil, "PUT", member("tea", ids[len(ids)-1]), "")
	}
	slices.Sort(ids)
	var p hostapi.Page
	r.must(t, 200, &p, "GET", "/api/@groups?name=tea&limit=0", "")
	if p.Count != 7 || p.Members == nil || len(p.Members) > 0 || p.Next != "" {
		t.Errorf("the page of none is %+v", p)
	}
	var got []tyg.ConnID
	for after := tyg.ConnID(""); ; after = p.Next {
		p = hostapi.Page{}
		r.must(t, 200, &p, "GET",
			"/api/@groups?name=tea&limit=3&after="+url.QueryEscape(string(after)), "")
		for _, m := range p.Members {
			got = append(got, m.ID)
		}
		if p.Next == "" {
			break
		}
		r.must(t, 200, nil, "DELETE", member("tea", got[0]), "")
	}
	if !slices.Equal(got, ids) {
		t.Errorf("the members are %q, want %q", got, ids)
	}
	r.must(t, 200, &p, "GET", "/api/@everyone", "")
	if p.Count != 7 || len(p.Members) != 7 {
		t.Errorf("all connections are %+v", p)
	}
}

func TestValueCalls(t *testing.T) {
	r, _, conn, _ := open(t, &gateway.Server{})
	state := "/api/@state?conn=" + url.QueryEscape(string(conn.ID))
	for _, path := range []string{"/api/@values?name=a%2F..%2F%00", state} {
		r.must(t, 404, nil, "GET", path, "")
		r.must(t, 412, nil, "PUT", path, "1", "If-Match", `"1"`)
		r.must(t, 204, nil, "PUT", path, "1", "If-None-Match", "*")
		r.must(t, 412, nil, "PUT", path, "2", "If-None-Match", "*")
		_, h, body := r.call(t, "GET", path, "")
		first := h.Get("ETag")
		if body != "1" || first == "" {
			t.Errorf("%s is %q with %v", path, body, h)
		}
		r.must(t, 204, nil, "PUT", path, "2", "If-Match", first)
		r.must(t, 412, nil, "DELETE", path, "", "If-Match", first)
		r.must(t, 204, nil, "PUT", path, "3")
		var n int
		if r.must(t, 200, &n, "GET", path, ""); n != 3 {
			t.Errorf("%s is %d, want 3", path, n)
		}
		r.must(t, 204, nil, "DELETE", path, "")
		r.must(t, 404, nil, "GET", path, "")
	}
}

// TestRepeatedCallsAreDoneOnce repeats calls as a client does that has not got the answer.
func TestRepeatedCallsAreDoneOnce(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{})
	for range 2 {
		var change hostapi.Change
		r.must(t, 200, &change, "PUT", member("tea", conn.ID), "", "Idempotency-Key", "1")
		if !change.Changed {
			t.Error("the repeated PUT does not have the answer of the first")
		}
		r.must(t, 200, nil, "POST", "/api/@groups?name=tea", "hi", "Idempotency-Key", "2")
		r.must(t, 204, nil, "PUT", "/api/@values?name=n", "1",
			"Idempotency-Key", "3", "If-None-Match", "*")
	}
	r.must(t, 200, nil, "POST", "/api/@groups?name=tea", "end", "Idempotency-Key", "4")
	c.expect(t, "hi")
	c.expect(t, "end")
	var sending sync.WaitGroup
	for range 8 { // at the same time
		sending.Go(func() {
			status, _, body := r.call(t, "POST", "/api/@groups?name=tea", "once", "Idempotency-Key", "5")
			if status != 200 || !strings.Contains(body, `"reached":1`) {
				t.Errorf("a repeated POST is answered with %d %s", status, body)
			}
		})
	}
	sending.Wait()
	r.must(t, 200, nil, "POST", "/api/@groups?name=tea", "end")
	c.expect(t, "once")
	c.expect(t, "end")
}

// TestKeyOfAnotherCall uses a key twice: the second call is not done, and is not answered like the
// first.
func TestKeyOfAnotherCall(t *testing.T) {
	r, _, _, _ := open(t, &gateway.Server{})
	const path = "/api/@values?name=n"
	r.must(t, 204, nil, "PUT", path, "1", "Idempotency-Key", "1", "If-None-Match", "*")
	r.must(t, 422, nil, "PUT", path, "2", "Idempotency-Key", "1", "If-None-Match", "*")
	r.must(t, 422, nil, "PUT", path, "1", "Idempotency-Key", "1")
	r.must(t, 422, nil, "PUT", path, "1", "Idempotency-Key", "1", "If-Match", `"1"`)
	r.must(t, 204, nil, "PUT", path, "1", "Idempotency-Key", "1", "If-None-Match", "*")
	r.must(t, 204, nil, "DELETE", path, "", "Idempotency-Key", "1")
	r.must(t, 200, nil, "POST", "/api/@everyone", "a", "Idempotency-Key", "1")
	r.must(t, 422, nil, "POST", "/api/@everyone", "b", "Idempotency-Key", "1")
	r.must(t, 422, nil, "POST", "/api/@everyone", "a", "Idempotency-Key", "1", "Tyg-Except", "x")
}

// TestOldAnswersAreForgotten bounds the memory of answers.
func TestOldAnswersAreForgotten(t *testing.T) {
	a := new(gateway.Answers)
	done := 0
	for i := range 2*gateway.MaxAnswers + 1 {
		a.Once(strconv.Itoa(i), func() { done++ })
	}
	newest := strconv.Itoa(2 * gateway.MaxAnswers)
	a.Once(newest, func() { t.Error("the newest call was done twice") })
	if a.Len() != gateway.MaxAnswers {
		t.Errorf("%d answers are kept, want %d", a.Len(), gateway.MaxAnswers)
	}
	a.Once("0", func() { done++ })
	if want := 2*gateway.MaxAnswers + 2; done != want {
		t.Errorf("%d calls were done, want %d", done, want)
	}
}

func TestSharedErrors(t *testing.T) {
	t.Parallel() // it mostly waits
	r, _, conn, _ := open(t, &gateway.Server{})
	const gone = "AAAAAAAAAAAAAAA%3D"
	state := "/api/@state?conn=" + url.QueryEscape(string(conn.ID))
	tests := []struct {
		method, path, body string
		status             int
		kind               string
	}{
		{"PUT", "/api/@groups?name=a&conn=" + gone, "", 410, "GoneException"},
		{"DELETE", "/api/@groups?name=a&conn=" + gone, "", 200, ""},
		{"PUT", "/api/@groups?name=a&conn=x", "", 400, "BadRequestException"},
		{"PUT", "/api/@groups?name=a", "", 400, "BadRequestException"},
		{"PUT", member("a", conn.ID), "{", 400, "InvalidRequestException"},
		{"PUT", member("a", conn.ID), "\"\xff\"", 400, "InvalidRequestException"},
		{
			"PUT", member("a", conn.ID), `"` + strings.Repeat("x", 1023) + `"`, 413,
			"PayloadTooLargeException",
		},
		{"POST", "/api/@groups", "hi", 400, "InvalidGroupException"},
		{"POST", member("a", conn.ID), "hi", 405, "MethodNotAllowedException"},
		{"PATCH", "/api/@groups?name=a", "hi", 405, "MethodNotAllowedException"},
		{"PUT", "/api/@everyone", "", 405, "MethodNotAllowedException"},
		{"POST", "/api/@everyone", "\xff", 400, "NotTextException"},
		{"POST", "/api/@everyone", strings.Repeat("x", 128<<10+1), 413, "PayloadTooLargeException"},
		{"POST", "/dev/@everyone", "hi", 403, "ForbiddenException"},
		{"GET", "/api/@state?conn=" + gone, "", 410, "GoneException"},
		{"PUT", "/api/@state?conn=" + gone, "1", 410, "GoneException"},
		{"PUT", state, strings.Repeat("1", 4<<10+1), 413, "PayloadTooLargeException"},
		{"PUT", state, "no", 400, "InvalidRequestException"},
		{"PUT", state, "\"\xff\"", 400, "InvalidRequestException"},
		{"POST", state, "1", 405, "MethodNotAllowedException"},
		{"PUT", "/api/@values?name=a", strings.Repeat("1", 256<<10+1), 413, "PayloadTooLargeException"},
		{"PUT", "/api/@values?name=a", strings.Repeat("1", 256<<10), 204, ""},
	}
	for _, tt := range tests {
		status, h, body := r.call(t, tt.method, tt.path, tt.body)
		if status != tt.status || h.Get("X-Amzn-Errortype") != tt.kind {
			t.Errorf("%s %s %.10q: %d %s %s, want %d %s", tt.method, tt.path, tt.body,
				status, h.Get("X-Amzn-Errortype"), body, tt.status, tt.kind)
		}
		if allow := h.Get("Allow"); (status == 405) != (allow != "") ||
			strings.Contains(allow, tt.method) {
			t.Errorf("%s %s: status %d with Allow: %q", tt.method, tt.path, status, allow)
		}
	}
	status, h, _ := r.call(t, "PUT", "/api/@values?name=b", "1", "Idempotency-Key",
		strings.Repeat("k", 129))
	if status != 400 {
		t.Errorf("a long key: %d %v", status, h)
	}
	for _, body := range []string{
		"{", "{}", "null", `{"data":null}`, `{"data":"%"}`, `{"dat":"aGk="}`,
		`{"data":"aGk=","excpet":[]}`, `{"data":"aGk="}{}`, `{"data":"aGk="}}`,
	} {
		status, _, answer := r.call(t, "POST", "/api/@everyone", body,
			"Content-Type", hostapi.MessageType)
		if status != 400 {
			t.Errorf("the message %s: %d %s", body, status, answer)
		}
	}
}

// The API is for those who may call @connections.
func TestSharedCallsMustBeSigned(t *testing.T) {
	r := start(t, &gateway.Server{
		Handler: echo(), Secrets: map[string]string{"AKIDEXAMPLE": "another"},
	})
	for _, path := range []string{"@groups?name=a", "@everyone", "@values?name=a", "@state?conn=a"} {
		for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
			status, h, body := r.call(t, method, "/api/"+path, "")
			if status != 403 || h.Get("X-Amzn-Errortype") != "InvalidSignatureException" {
				t.Errorf("%s %s: %d %s", method, path, status, body)
			}
		}
	}
	local := &gateway.Server{Handler: echo(), Logger: quiet}
	for remote, want := range map[string]int{"192.0.2.1:1234": 403, "127.0.0.1:1234": 200} {
		req := httptest.NewRequest(http.MethodGet, "http://localhost/api/@everyone", nil)
		req.RemoteAddr = remote
		sign(t, req, "", unknownKey)
		w := httptest.NewRecorder()
		local.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("a call from %s: %d %s", remote, w.Code, w.Body)
		}
	}
}
