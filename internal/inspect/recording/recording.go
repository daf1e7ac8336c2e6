// Package recording is the file format of recordings: what the clients of a gateway said during a
// session, and what they were sent.
//
// A recording is JSON lines. The first line is a [Header], each other an [Entry], in the order in
// which the gateway saw them. docs/inspector.md describes all keys. Secrets are replaced by
// [Redacted] before they are written, see [Rules].
package recording

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Version is the version of the format.
const Version = 1

// A Header is the first line of a recording.
type Header struct {
	Recording int       `json:"tyg_recording"` // the Version
	Time      time.Time `json:"time"`          // of the begin
	Name      string    `json:"name,omitempty"`
	Stage     string    `json:"stage,omitempty"`
	Redacted  Rules     `json:"redacted"` // what the recorder looked for
}

// The types of entries.
const (
	Open    = "open"    // a connection was accepted, or was open when the recording began
	In      = "in"      // a client sent a message
	Out     = "out"     // clients were sent a message
	Failed  = "failed"  // the handler of a message failed
	Close   = "close"   // a connection has ended
	Refused = "refused" // a handshake was refused
	Lost    = "lost"    // the recorder could not keep up
)

// An Entry is one line of a recording.
type Entry struct {
	At      float64             `json:"at"` // milliseconds since the begin
	Type    string              `json:"type"`
	Conn    string              `json:"conn,omitempty"`
	To      []string            `json:"to,omitempty"`      // of out, where it is not one Conn
	Count   int                 `json:"count,omitempty"`   // of recipients, if To has not all; of lost
	Already bool                `json:"already,omitempty"` // open before the recording began
	Query   map[string][]string `json:"query,omitempty"`
	Header  map[string][]string `json:"header,omitempty"`
	Text    *string             `json:"text,omitempty"`
	Base64  string              `json:"base64,omitempty"` // in place of Text, of a binary message
	Size    int                 `json:"size,omitempty"`   // of the message, if it was cut
	Code    int                 `json:"code,omitempty"`   // of a close, or the status of a refusal
	Reason  string              `json:"reason,omitempty"`
	By      string              `json:"by,omitempty"` // client or server, who closed
	Route   string              `json:"route,omitempty"`
	Error   string              `json:"error,omitempty"`
}

// Binary reports whether the message is binary.
func (e *Entry) Binary() bool { return e.Base64 != "" }

// Data returns the bytes of the message.
func (e *Entry) Data() ([]byte, error) {
	if e.Text != nil {
		return []byte(*e.Text), nil
	}
	return base64.StdEncoding.DecodeString(e.Base64)
}

// Recipients returns the connections that an out entry went to.
func (e *Entry) Recipients() []string {
	if e.Conn != "" {
		return []string{e.Conn}
	}
	return e.To
}

// AppendMessage appends an entry for a message to b, with its line feed. It has the content that
// json.Marshal would write, without the work. An empty conn means that it went to those of to.
// Secrets in a text are replaced.
func (r *Redactor) AppendMessage(
	b []byte, at time.Duration, kind string, conn []byte, to []string, data []byte, m Message,
) []byte {
	b = append(b, `{"at":`...)
	b = appendMillis(b, at)
	b = append(b, `,"type":"`...)
	b = append(b, kind...)
	if len(conn) > 0 {
		b = append(b, `","conn":`...)
		b = r.appendConn(b, conn)
	} else {
		b = append(b, `","to":[`...)
		for i, id := range to {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, []byte(id))
		}
		b = append(b, ']')
	}
	if m.Count > 0 {
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, int64(m.Count), 10)
	}
	if m.Binary {
		b = append(b, `,"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, data)
		b = append(b, '"')
	} else {
		b = append(b, `,"text":`...)
		b = r.appendText(b, data)
	}
	if m.Size > 0 {
		b = append(b, `,"size":`...)
		b = strconv.AppendInt(b, int64(m.Size), 10)
	}
	return append(b, '}', '\n')
}

// appendMillis appends milliseconds with three digits behind the point. Below 0 it is 0.
func appendMillis(b []byte, d time.Duration) []byte {
	micros := uint64(max(d+500, 0) / time.Microsecond)
	b = strconv.AppendUint(b, micros/1000, 10)
	rest := micros % 1000
	return append(b, '.', '0'+byte(rest/100), '0'+byte(rest/10%10), '0'+byte(rest%10))
}

// A Message says of the data of AppendMessage what is not usual.
type Message struct {
	Binary bool
	Count  int // of recipients, if they are not all there
	Size   int // of the message, if the data was cut
}

// AppendEntry appends any entry to b, with its line feed.
func AppendEntry(b []byte, e *Entry) []byte {
	text, _ := json.Marshal(e) // strings and finite numbers always have a JSON form
	return append(append(b, text...), '\n')
}

// maxLine is how long a line of a recording may be, in bytes.
const maxLine = 64 << 20

// A Reader reads a recording.
type Reader struct {
	Header Header
	lines  *bufio.Scanner
	line   int
}

// ErrFormat means that a file is no recording.
var ErrFormat = errors.New("this is no recording of tyg: its first line has no tyg_recording")

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{lines: bufio.NewScanner(r)}
	rd.lines.Buffer(nil, maxLine)
	if err := rd.next(&rd.Header); err != nil {
		if errors.Is(err, io.EOF) || rd.line == 1 && rd.lines.Err() == nil {
			return nil, ErrFormat
		}
		return nil, err
	}
	switch v := rd.Header.Recording; {
	case v == 0:
		return nil, ErrFormat
	case v > Version:
		return nil, fmt.Errorf("the recording has version %d, and this tyg reads %d; use a newer tyg",
			v, Version)
	}
	return rd, nil
}

func (r *Reader) next(to any) error {
	if !r.lines.Scan() {
		if err := r.lines.Err(); err != nil {
			return fmt.Errorf("line %d: %w", r.line+1, err)
		}
		return io.EOF
	}
	r.line++
	if err := json.Unmarshal(r.lines.Bytes(), to); err != nil {
		return fmt.Errorf("line %d: %w", r.line, err)
	}
	return nil
}

// Read returns the next entry, and io.EOF after the last. The errors name the line.
func (r *Reader) Read() (e Entry, err error) {
	if err := r.next(&e); err != nil {
		return e, err
	}
	switch e.Type {
	case Open, In, Close:
		if e.Conn == "" {
			return e, fmt.Errorf("line %d: %q has no conn", r.line, e.Type)
		}
	case "":
		return e, fmt.Errorf("line %d: there is no type", r.line)
	}
	if e.Type == In || e.Type == Out {
		if e.Text == nil && e.Base64 == "" {
			empty := ""
			e.Text = &empty // of an empty binary message, too
		}
		if _, err := e.Data(); err != nil {
			return e, fmt.Errorf("line %d: base64: %w", r.line, err)
		}
	}
	return e, nil
}
