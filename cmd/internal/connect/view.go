package connect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/visible"
	"github.com/tyg-dev/tyg/internal/ws"
)

// The sides that can close a connection.
const (
	byServer = "server"
	byClient = "client"
)

// A view shows a conversation. It is safe for concurrent use.
type view interface {
	open(url, subprotocol string)
	sent(text string)
	received(op ws.Opcode, data []byte)
	closed(code int, reason, by string)
	warn(text string) // of what was not done, even when quiet
}

// A textView prints messages to terminals and pipes.
type textView struct {
	mu      sync.Mutex // one line at a time
	out     io.Writer
	notices io.Writer // everything but messages; may be the same as out, or io.Discard

	warnings io.Writer // may be the same as out

	banner  bool
	echo    bool // print what is sent
	prompts bool // put > and < before messages
	escape  bool // show control characters as escapes
}

func (v *textView) open(_, subprotocol string) {
	if v.banner {
		v.print(v.out, "Press Ctrl+C to quit\n")
	}
	if subprotocol != "" {
		v.print(v.notices, "subprotocol: "+visible.Line(subprotocol)+"\n")
	}
}

func (v *textView) sent(text string) {
	if v.echo {
		v.message("> ", text)
	}
}

func (v *textView) received(op ws.Opcode, data []byte) {
	text := string(data)
	if op == ws.OpBinary {
		text = hex.EncodeToString(data)
	}
	v.message("< ", text)
}

// closed prints nothing if the user closed the connection, or if an error will report the end.
func (v *textView) closed(code int, reason, by string) {
	if by == byServer && isNormal(code) {
		v.print(v.notices, "the server closed the connection: "+closeText(code, reason)+"\n")
	}
}

func (v *textView) warn(text string) { v.print(v.warnings, "tyg: "+visible.Line(text)+"\n") }

func (v *textView) message(prompt, text string) {
	if v.escape {
		text = visible.Block(text, "  ") // no line of it looks like the next message
	}
	if v.prompts {
		text = prompt + text
	}
	v.print(v.out, text+"\n")
}

// print writes whole lines. A failure cannot be reported anywhere.
func (v *textView) print(w io.Writer, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = io.WriteString(w, text)
}

// A jsonView prints one JSON object for each event.
type jsonView struct {
	mu       sync.Mutex
	out      io.Writer
	warnings io.Writer
	now      func() time.Time
}

// A jsonEvent is a line of connect --json.
type jsonEvent struct {
	Event       string    `json:"event"` // open, sent, message or close
	Time        time.Time `json:"time"`
	URL         string    `json:"url,omitempty"`         // open
	Subprotocol string    `json:"subprotocol,omitempty"` // open
	Text        *string   `json:"text,omitempty"`        // sent, and message if it is text
	Binary      []byte    `json:"binary,omitempty"`      // message if it is not; base64
	Code        int       `json:"code,omitempty"`        // close
	Reason      string    `json:"reason,omitempty"`      // close
	By          string    `json:"by,omitempty"`          // close: server or client
}

func (v *jsonView) open(url, subprotocol string) {
	v.print(jsonEvent{Event: "open", URL: url, Subprotocol: subprotocol})
}

func (v *jsonView) sent(text string) { v.print(jsonEvent{Event: "sent", Text: &text}) }

func (v *jsonView) received(op ws.Opcode, data []byte) {
	if op == ws.OpBinary {
		v.print(jsonEvent{Event: "message", Binary: data})
		return
	}
	text := string(data)
	v.print(jsonEvent{Event: "message", Text: &text})
}

func (v *jsonView) closed(code int, reason, by string) {
	v.print(jsonEvent{Event: "close", Code: code, Reason: reason, By: by})
}

func (v *jsonView) warn(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	// A failure cannot be reported anywhere.
	_, _ = io.WriteString(v.warnings, "tyg: "+visible.Line(text)+"\n")
}

func (v *jsonView) print(e jsonEvent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e.Time = v.now()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e)                           // strings and numbers cannot fail
	_, _ = v.out.Write(visible.JSON(b.Bytes())) // a failure cannot be reported anywhere
}

// closeText describes a close code.
func closeText(code int, reason string) string {
	text := (&ws.CloseError{Code: code, Reason: visible.Line(reason)}).Error()
	return strings.TrimPrefix(text, "websocket closed with ")
}
