package gateway

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// A refusal is the answer to a handshake that does not become a connection.
type refusal struct {
	status    int
	header    http.Header
	message   string // for the client, as JSON
	body      []byte // for the client, in place of message: the application's own words
	retry     bool   // the same handshake may succeed later
	requestID string
	log       string // for the log, in place of message
}

// refuse answers a handshake, and says so to the logs and to whoever traces. What the connect
// handler has refused, and so has a request id, is in the access log already.
func (s *Server) refuse(w http.ResponseWriter, c *session, no refusal) {
	if no.requestID == "" {
		e := c.connectEvent(nil)
		no.requestID = e.RequestID
		s.access.write(&record{event: e, status: no.status, err: no.message})
	}
	s.count.refusals.Add(1)
	reason := cmp.Or(no.log, no.message, string(no.body), http.StatusText(no.status))
	s.log.Info("handshake refused", "status", no.status, "reason", reason)
	if s.Trace.Refused != nil {
		s.Trace.Refused(no.status, reason)
	}
	refuse(w, no)
}

func refuse(w http.ResponseWriter, no refusal) {
	h := w.Header()
	for k, v := range no.header {
		h[k] = v
	}
	if no.retry {
		h.Set("Retry-After", "1")
	}
	if no.requestID != "" {
		h.Set("X-Amzn-Requestid", no.requestID)
	}
	body, kind := no.body, "text/plain; charset=utf-8"
	if len(body) == 0 {
		body, kind = messageJSON(no.message, no.status), "application/json"
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(no.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// messageJSON is the body by which API Gateway says anything: {"message":"Forbidden"}.
func messageJSON(message string, status int) []byte {
	b, _ := json.Marshal(struct {
		Message string `json:"message"`
	}{cmp.Or(message, http.StatusText(status))}) // a string always has a JSON form
	return b
}
