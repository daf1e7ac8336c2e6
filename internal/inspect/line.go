package inspect

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
)

// A line is one message, or one other event, with all that it caused.
type line struct {
	Seq     int64      `json:"seq"`
	At      int64      `json:"at"`   // milliseconds since 1970
	Kind    string     `json:"kind"` // that of an event, see kindOf, or send, invoke or refused
	Conn    tyg.ConnID `json:"conn,omitempty"`
	Address string     `json:"address,omitempty"`
	Route   string     `json:"route,omitempty"`
	Request string     `json:"request,omitempty"`
	Frame   *frame     `json:"frame,omitempty"`
	Done    bool       `json:"done"` // the handler has returned
	MS      float64    `json:"ms"`   // it took
	Status  int        `json:"status,omitempty"`
	Error   string     `json:"error,omitempty"`
	Sends   []send     `json:"sends,omitempty"`
	Logs    []logLine  `json:"logs,omitempty"`
	Cut     int        `json:"cut,omitempty"` // sends and log lines that are left out

	began    time.Time
	revision int64 // of the timeline, when it changed last
	bytes    int
}

// A send is a message that went to connections.
type send struct {
	After float64     `json:"after"` // milliseconds since the line began
	Frame *frame      `json:"frame"`
	Group string      `json:"group,omitempty"`
	All   bool        `json:"all,omitempty"`
	To    []recipient `json:"to"`
	Count int         `json:"count"`           // of recipients
	Guess bool        `json:"guess,omitempty"` // that it belongs to this line
}

type recipient struct {
	ID    tyg.ConnID `json:"id"`
	Error string     `json:"error,omitempty"`
}

type logLine struct {
	After    float64 `json:"after"`
	Function string  `json:"function"`
	Stream   string  `json:"stream"`
	Text     string  `json:"text"`
}

// A frame is the data of a message.
type frame struct {
	Text   string `json:"text,omitempty"`
	Base64 string `json:"base64,omitempty"` // of a binary message
	Size   int    `json:"size"`             // in bytes, of the whole
	Cut    bool   `json:"cut,omitempty"`    // there is more than is here
}

// The bounds of a line.
const (
	maxFrame      = 32 << 10 // bytes of data
	maxSends      = 50
	maxLogs       = 100
	maxLogText    = 4 << 10
	maxLineTo     = 50 // recipients of a send
	lineOverhead  = 500
	sendOverhead  = 200
	maxLineBytes  = 512 << 10
	recipientSize = 60
)

// newFrame copies data, and says of it that the whole has size bytes.
func newFrame(t tyg.MessageType, data []byte, size int) *frame {
	f := &frame{Size: size, Cut: size > len(data)}
	if len(data) > maxFrame {
		data, f.Cut = data[:maxFrame], true
	}
	if t == tyg.Binary {
		f.Base64 = base64.StdEncoding.EncodeToString(data)
		return f
	}
	for f.Cut && len(data) > 0 && !utf8.Valid(data) { // it was cut within a character
		data = data[:len(data)-1]
	}
	f.Text = strings.ToValidUTF8(string(data), "\uFFFD")
	return f
}

func (f *frame) bytes() int { return len(f.Text) + len(f.Base64) }

// addSend adds a send, or counts it if there are too many.
func (l *line) addSend(s send) {
	size := sendOverhead + s.Frame.bytes() + recipientSize*len(s.To)
	if len(l.Sends) >= maxSends || l.bytes+size > maxLineBytes {
		l.Cut++
		return
	}
	l.Sends = append(l.Sends, s)
	l.bytes += size
}

// addLog adds a line of output of a function.
func (l *line) addLog(g logLine) {
	size := sendOverhead + len(g.Text)
	if len(l.Logs) >= maxLogs || l.bytes+size > maxLineBytes {
		l.Cut++
		return
	}
	l.Logs = append(l.Logs, g)
	l.bytes += size
}

// after returns how many milliseconds after its begin something happened.
func (l *line) after(at time.Time) float64 { return millis(at.Sub(l.began)) }

func millis(d time.Duration) float64 { return float64(d) / 1e6 }

// kindOf returns the Kind of an event.
func kindOf(t tyg.EventType) string {
	switch t {
	case tyg.EventConnect:
		return "connect"
	case tyg.EventOpen:
		return "open"
	case tyg.EventDisconnect:
		return "disconnect"
	case tyg.EventLeave:
		return "leave"
	}
	return "message"
}
