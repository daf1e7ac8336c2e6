package backend_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/internal/functions"
)

func TestMockAnswers(t *testing.T) {
	body := `{"pong":true}`
	s := backend.Set{Routes: map[string]backend.Route{
		"ping": {Target: backend.Target{Mock: &body}, Response: true},
	}}
	r, err := s.Router(t.Context(), new(functions.Host), backend.Place{})
	if err != nil {
		t.Fatal(err)
	}
	conn := &tyg.Conn{ID: "a"}
	reply, err := r.Handle(t.Context(), tyg.Event{
		Type: tyg.EventMessage, Route: "ping", Conn: conn, Message: tyg.Message{Data: []byte("x")},
	})
	if err != nil || string(reply.Body) != body {
		t.Errorf("the reply is %+v, %v", reply, err)
	}
	two := backend.Set{Routes: map[string]backend.Route{
		"ping": {Target: backend.Target{Mock: &body, URL: "http://127.0.0.1/"}},
	}}
	if two.Check() == nil {
		t.Error("a mock with a URL is accepted")
	}
}
