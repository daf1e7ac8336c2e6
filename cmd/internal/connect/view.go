package connect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/connect/closehint"
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
	open(url string, res *http.Response)
	sent(op ws.Opcode, data []byte)
	received(op ws.Opcode, data []byte)
	control(kind string, payload []byte) // a ping or pong of the server
	closed(code int, reason, by string)
	notice(text string)
	warn(text string) // of what was not done, even when quiet
}

// A textView prints messages to terminals and pipes.
type textView struct {
	mu      sync.Mutex // one line at a time
	out     io.Writer
	notices io.Writer // everything but messages; may be the same as out, or io.Discard

	warnings io.Writer // may be the same as out

	banner  bool
	echo    bool             // print what is sent
	prompts bool             // put > and < before messages
	escape  bool             // show control characters as escapes
	pretty  *painter         // prints JSON in many lines, or nil
	clock   func() time.Time // prints the time before messages, or nil
	verbose bool             // print headers, pings and pongs

	reconnects bool // another connection follows one that is lost
	opened     bool // there was a connection; owned by the caller of open
}

func (v *textView) open(url string, res *http.Response) {
	if v.banner {
		v.print(v.out, "Press Ctrl+C to quit\n")
		v.banner = false // of the first connection only
	}
	if v.opened {
		v.notice("connected again")
	}
	v.opened = true
	if v.verbose {
		v.headers(url, res)
		return
	}
	if subprotocol := subprotocolOf(res); subprotocol != "" {
		v.print(v.notices, "subprotocol: "+visible.Line(subprotocol)+"\n")
	}
}

// headers prints the answer of the server, as curl does.
func (v *textView) headers(url string, res *http.Response) {
	var b strings.Builder
	fmt.Fprintf(&b, "* connected to %s\n* %s %s\n", url, res.Proto, visible.Line(res.Status))
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			fmt.Fprintf(&b, "* %s: %s\n", visible.Line(name), visible.Line(value))
		}
	}
	v.print(v.notices, b.String())
}

func subprotocolOf(res *http.Response) string {
	return strings.Join(res.Header.Values(ws.HeaderProtocol), ", ")
}

func (v *textView) sent(op ws.Opcode, data []byte) {
	if v.echo {
		v.message("> ", shown(op, data))
	}
}

func (v *textView) received(op ws.Opcode, data []byte) {
	text := shown(op, data)
	if op == ws.OpText && v.pretty != nil {
		if laidOut, ok := v.pretty.layOut(data); ok {
			v.line("< ", strings.ReplaceAll(laidOut, "\n", "\n  "))
			return
		}
	}
	v.message("< ", text)
}

// shown returns the text of a message; of a binary one, its bytes in hexadecimal.
func shown(op ws.Opcode, data []byte) string {
	if op == ws.OpBinary {
		return hex.EncodeToString(data)
	}
	return string(data)
}

func (v *textView) control(kind string, payload []byte) {
	if !v.verbose {
		return
	}
	text := "* " + kind
	if len(payload) > 0 {
		text += " " + hex.EncodeToString(payload)
	}
	v.print(v.notices, v.time()+text+"\n")
}

// closed prints nothing if the user closed the connection, or if an error will report the end.
func (v *textView) closed(code int, reason, by string) {
	if by == byServer && isNormal(code) {
		v.print(v.notices, "the server closed the connection: "+closeText(code, reason)+
			brackets(closehint.OfServer(code, v.reconnects))+"\n")
	}
}

func (v *textView) notice(text string) {
	v.print(v.notices, "tyg: "+visible.Block(text, "  ")+"\n")
}

func (v *textView) warn(text string) { v.print(v.warnings, "tyg: "+visible.Line(text)+"\n") }

func (v *textView) message(prompt, text string) {
	if v.escape {
		text = visible.Block(text, "  ") // no line of it looks like the next message
	}
	v.line(prompt, text)
}

func (v *textView) line(prompt, text string) {
	if !v.prompts {
		prompt = ""
	}
	v.print(v.out, v.time()+prompt+text+"\n")
}

// time returns what stands before a line.
func (v *textView) time() string {
	if v.clock == nil {
		return ""
	}
	return v.clock().Format("15:04:05.000 ")
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
	verbose  bool // print pings and pongs
}

// A jsonEvent is a line of connect --json.
type jsonEvent struct {
	Event       string    `json:"event"` // open, sent, message, ping, pong, notice or close
	Time        time.Time `json:"time"`
	URL         string    `json:"url,omitempty"`         // open
	Subprotocol string    `json:"subprotocol,omitempty"` // open
	Text        *string   `json:"text,omitempty"`        // sent and message if they are text; notice
	Binary      []byte    `json:"binary,omitempty"`      // sent and message if not, ping; base64
	Code        int       `json:"code,omitempty"`        // close
	Reason      string    `json:"reason,omitempty"`      // close
	By          string    `json:"by,omitempty"`          // close: server or client
}

func (v *jsonView) open(url string, res *http.Response) {
	v.print(jsonEvent{Event: "open", URL: url, Subprotocol: subprotocolOf(res)})
}

func (v *jsonView) sent(op ws.Opcode, data []byte) { v.message("sent", op, data) }

func (v *jsonView) received(op ws.Opcode, data []byte) { v.message("message", op, data) }

func (v *jsonView) message(event string, op ws.Opcode, data []byte) {
	if op == ws.OpBinary {
		v.print(jsonEvent{Event: event, Binary: data})
		return
	}
	text := string(data)
	v.print(jsonEvent{Event: event, Text: &text})
}

func (v *jsonView) control(kind string, payload []byte) {
	if v.verbose {
		v.print(jsonEvent{Event: kind, Binary: payload})
	}
}

func (v *jsonView) notice(text string) { v.print(jsonEvent{Event: "notice", Text: &text}) }

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
