package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// expectFrame is expect for one kind of message.
func (c *client) expectFrame(t *testing.T, op ws.Opcode, want string) {
	t.Helper()
	got, data, err := c.Read(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	if got != op || string(data) != want {
		t.Fatalf("received %.40q with opcode %d, want %.40q with %d", data, got, want, op)
	}
}

func TestBinary(t *testing.T) {
	tests := []struct {
		op         ws.Opcode
		data, want string
	}{
		{ws.OpBinary, "\xff\x00", "binary \xff\x00"},
		{ws.OpBinary, "hé", "binary hé"},
		{ws.OpBinary, "", "binary "},
		{ws.OpText, "hé", "text hé"},
	}
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			return c.Send(ctx, fmt.Appendf(nil, "%v %s", m.Type, m.Data), m.Type)
		})
		c := start(t, &gateway.Server{
			Handler: app, Portable: portable, Extensions: gateway.Extensions{Binary: true},
		}).dial(t)
		for _, tt := range tests {
			if err := c.Write(t.Context(), tt.op, []byte(tt.data)); err != nil {
				t.Fatal(err)
			}
			c.expectFrame(t, tt.op, tt.want)
		}
	})
}

func TestTextMustBeValidWithBinary(t *testing.T) {
	_, c, _, l := open(t, &gateway.Server{Extensions: gateway.Extensions{Binary: true}})
	c.send(t, "\xff")
	c.expectClose(t, ws.CloseInvalidPayload, "text is not UTF-8")
	l.wantEnd(t, ws.CloseInvalidPayload, "text is not UTF-8")
}

// TestBinaryIsSentByEveryCall sends from outside, by every way there is.
func TestBinaryIsSentByEveryCall(t *testing.T) {
	r, plain, conn, l := open(t, &gateway.Server{Extensions: gateway.Extensions{Binary: true}})
	packed, err := r.try(&wsclient.Options{Deflate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = packed.CloseNow() })
	ids := []tyg.ConnID{conn.ID, next(t, l.connects).ID}
	for _, text := range []string{
		"\xff\xfe", "é", "", strings.Repeat("binary\xff", 500), strings.Repeat("text é", 500),
	} {
		for i, c := range []*client{plain, packed} {
			if err := r.Send(t.Context(), ids[i], []byte(text), tyg.Binary); err != nil {
				t.Fatal(err)
			}
			c.expectFrame(t, ws.OpBinary, text)
			r.post(t, ids[i], text, "Application/vnd.tyg.BINARY; charset=x")
			c.expectFrame(t, ws.OpBinary, text)
			if !utf8.ValidString(text) {
				continue
			}
			if err := r.Send(t.Context(), ids[i], []byte(text)); err != nil {
				t.Fatal(err)
			}
			c.expectFrame(t, ws.OpText, text)
			r.post(t, ids[i], text, "application/octet-stream") // as AWS SDKs do
			c.expectFrame(t, ws.OpText, text)
		}
		if err := r.SendMany(t.Context(), ids, []byte(text), tyg.Binary); err != nil {
			t.Fatal(err)
		}
		plain.expectFrame(t, ws.OpBinary, text)
		packed.expectFrame(t, ws.OpBinary, text)
	}
}

// post sends a message through @connections.
func (r *rig) post(t *testing.T, id tyg.ConnID, body, contentType string) {
	t.Helper()
	path := "/api/@connections/" + string(id)
	status, _, answer := r.call(t, http.MethodPost, path, body, "Content-Type", contentType)
	if status != http.StatusOK {
		t.Fatalf("POST of %s: %d %s", contentType, status, answer)
	}
}

func TestBinaryIsRefusedByDefault(t *testing.T) {
	r, c, conn, l := open(t, &gateway.Server{})
	if err := r.Send(t.Context(), conn.ID, []byte("\xff")); !errors.Is(err, tyg.ErrNotText) {
		t.Errorf("Send: %v", err)
	}
	err := r.SendMany(t.Context(), []tyg.ConnID{conn.ID}, []byte("\xff"))
	if !errors.Is(err, tyg.ErrNotText) {
		t.Errorf("SendMany: %v", err)
	}
	c.send(t, "nothing came")
	c.expect(t, "nothing came")
	if err := c.Write(t.Context(), ws.OpBinary, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	const reason = "binary messages are not accepted"
	c.expectClose(t, ws.CloseUnsupportedData, reason)
	l.wantEnd(t, ws.CloseUnsupportedData, reason)
	if n := r.Stats().Messages; n != 1 {
		t.Errorf("%d messages were handled, want 1", n)
	}
}

func TestDeleteChoosesTheCloseCode(t *testing.T) {
	const normal = "Connection Closed Normally"
	longest := strings.Repeat("r", 123)
	tests := []struct {
		on     bool
		query  string
		code   tyg.CloseCode
		reason string
	}{
		{true, "", 1000, normal},
		{true, "?reason=bye", 1000, normal},
		{true, "?code=4001&reason=bye", 4001, "bye"},
		{true, "?reason=%C3%A9t%C3%A9&code=3000", 3000, "été"},
		{true, "?code=1000", 1000, ""},
		{true, "?code=1014", 1014, ""},
		{true, "?code=4999&reason=" + longest, 4999, longest},
		{false, "?code=4001&reason=bye", 1000, normal},
		{false, "?code=junk", 1000, normal},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%t %.40s", tt.on, tt.query), func(t *testing.T) {
			r, c, conn, l := open(t, &gateway.Server{
				Extensions: gateway.Extensions{CloseCodes: tt.on},
			})
			path := "/api/@connections/" + string(conn.ID) + tt.query
			status, _, body := r.call(t, http.MethodDelete, path, "")
			if status != http.StatusNoContent || body != "" {
				t.Errorf("status %d, body %q", status, body)
			}
			c.expectClose(t, tt.code, tt.reason)
			l.wantEnd(t, tt.code, tt.reason)
			if status, _, _ := r.call(t, http.MethodDelete, path, ""); status != http.StatusGone {
				t.Errorf("once more: status %d", status)
			}
		})
	}
}

func TestBadCloseCodesAreRefused(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{Extensions: gateway.Extensions{CloseCodes: true}})
	path := "/api/@connections/" + string(conn.ID)
	for _, query := range []string{
		"code=", "code=junk", "code=4001.0", "code=-1", "code=0", "code=999", "code=1004", "code=1005",
		"code=1006", "code=1015", "code=2999", "code=5000", "code=66536", "code=99999999999999999999",
		"code=4001&reason=" + strings.Repeat("r", 124),
	} {
		status, header, _ := r.call(t, http.MethodDelete, path+"?"+query, "")
		kind := header.Get("X-Amzn-ErrorType")
		if status != http.StatusBadRequest || kind != "BadRequestException" {
			t.Errorf("%.40s: %d %s", query, status, kind)
		}
	}
	c.send(t, "still here")
	c.expect(t, "still here")
}

func TestCloseWith(t *testing.T) {
	r, c, conn, l := open(t, &gateway.Server{})
	for code, reason := range map[tyg.CloseCode]string{
		99: "", 1005: "", 4002: strings.Repeat("é", 62), 4003: "\xff",
	} {
		if err := r.CloseWith(t.Context(), conn.ID, code, reason); err == nil {
			t.Errorf("CloseWith took code %d with reason %q", code, reason)
		}
	}
	if err := r.CloseWith(t.Context(), conn.ID, 4002, strings.Repeat("é", 61)); err != nil {
		t.Fatal(err)
	}
	c.expectClose(t, 4002, strings.Repeat("é", 61))
	if got := next(t, l.disconnects).Code; got != 4002 {
		t.Errorf("disconnect with %d, want 4002", got)
	}
	for id, want := range map[tyg.ConnID]error{conn.ID: tyg.ErrGone, "x": tyg.ErrInvalidID} {
		if err := r.CloseWith(t.Context(), id, 4002, ""); !errors.Is(err, want) {
			t.Errorf("CloseWith(%s): %v, want %v", id, err, want)
		}
	}
}

// forwardEvents returns a handler that accepts every event and sends it to events.
func forwardEvents(events chan<- tyg.Event) tyg.Handler {
	return tyg.HandlerFunc(func(_ context.Context, e tyg.Event) (tyg.Reply, error) {
		events <- e
		return tyg.Reply{}, nil
	})
}

func TestStageVariables(t *testing.T) {
	want := map[string]string{"table": "chat-prod", "empty": ""}
	events := make(chan tyg.Event, 3)
	c := start(t, &gateway.Server{Handler: forwardEvents(events), StageVariables: want}).dial(t)
	c.send(t, "hi")
	if err := c.Close(1000, ""); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if e := next(t, events); !maps.Equal(e.Conn.StageVariables, want) {
			t.Errorf("%v: stage variables are %v, want %v", e.Type, e.Conn.StageVariables, want)
		}
	}
}

func echoInKind(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	return c.Send(ctx, m.Data, m.Type)
}
