package tyg_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
)

func TestEventTypeString(t *testing.T) {
	for e, want := range map[tyg.EventType]string{
		tyg.EventConnect:    "CONNECT",
		tyg.EventMessage:    "MESSAGE",
		tyg.EventDisconnect: "DISCONNECT",
		0:                   "EventType(0)",
		99:                  "EventType(99)",
	} {
		if got := e.String(); got != want {
			t.Errorf("String is %q, want %q", got, want)
		}
	}
}

func TestSelectSubprotocol(t *testing.T) {
	for _, test := range []struct {
		name           string
		offered, names []string
		want           string
	}{
		{"the one", []string{"a"}, []string{"a"}, "a"},
		{"the handler's order counts", []string{"a", "b"}, []string{"b", "a"}, "b"},
		{"unknown ones are passed over", []string{"a", "b"}, []string{"c", "b"}, "b"},
		{"none in common", []string{"a"}, []string{"b"}, ""},
		{"none offered", nil, []string{"b"}, ""},
		{"none wanted", []string{"a"}, nil, ""},
		{"case counts", []string{"a"}, []string{"A"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &tyg.Request{Subprotocols: test.offered}
			if got, ok := r.SelectSubprotocol(test.names...); got != test.want || ok != (test.want != "") {
				t.Errorf("SelectSubprotocol returned %q, %t, want %q", got, ok, test.want)
			}
			if got := r.SelectedSubprotocol(); got != test.want {
				t.Errorf("SelectedSubprotocol is %q, want %q", got, test.want)
			}
		})
	}
}

func TestMessageJSON(t *testing.T) {
	m := tyg.Message{ID: "M1", Data: []byte(`{"name":"John"}`)}
	var v struct{ Name string }
	if err := m.JSON(&v); err != nil || v.Name != "John" {
		t.Errorf("JSON gave %+v, %v", v, err)
	}
	if m.Text() != `{"name":"John"}` {
		t.Errorf("Text is %q", m.Text())
	}
}

// The text of an error ends up in logs, where what people wrote does not belong.
func TestMessageJSONErrorHasNoContent(t *testing.T) {
	for _, text := range []string{
		`secret`, `"secret"`, `{"name":"secret"}`, `{"name":["secret"]}`, `{"name":{"secret":1}}`,
		`{"name":1,"secret"`, `{"code":"secret"}`, `{"data":"secret!"}`, `{"when":"secret"}`,
		`{"name":7777777}`, `{"name":7777777.5e99}`,
	} {
		var v struct {
			Name int8
			Data []byte
			Code bool
			When time.Time
		}
		err := tyg.Message{ID: "M1", Data: []byte(text)}.JSON(&v)
		if err == nil || !strings.HasPrefix(err.Error(), "decode message M1: ") {
			t.Errorf("JSON of %s returned %v", text, err)
			continue
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "7777777") {
			t.Errorf("JSON of %s returned %v", text, err)
		}
	}
}

func TestTextIsACopy(t *testing.T) {
	data := []byte("before")
	text := tyg.Message{Data: data}.Text()
	copy(data, "AFTER!")
	if text != "before" {
		t.Errorf("Text changed to %q", text)
	}
}

func TestUserAgent(t *testing.T) {
	r := tyg.Request{Header: http.Header{"User-Agent": {"curl"}}}
	if r.UserAgent() != "curl" || new(tyg.Request).UserAgent() != "" {
		t.Errorf("UserAgent is %q, of nothing %q", r.UserAgent(), new(tyg.Request).UserAgent())
	}
}
