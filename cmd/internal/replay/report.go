package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/internal/visible"
)

// A Report says how the answers differed.
type Report struct {
	Connections int          `json:"connections"`
	Messages    int          `json:"messages"` // of clients
	Same        int          `json:"same"`     // answers
	Differences []Difference `json:"differences"`
	Notes       []string     `json:"notes,omitempty"`
	Seconds     float64      `json:"seconds"`
}

// A Difference is one answer that was not as recorded.
type Difference struct {
	Connection   int    `json:"connection"`    // its number in the recording
	ConnectionID string `json:"connection_id"` // in the recording

	// Kind is differs, missing, unexpected, order, refused or closed.
	Kind string `json:"kind"`

	// After is how many messages clients had sent before.
	After int `json:"after"`

	Path     string `json:"path,omitempty"` // in JSON
	Recorded string `json:"recorded,omitempty"`
	Replayed string `json:"replayed,omitempty"`
}

func (r *Report) add(p *peer, d Difference) {
	d.Connection, d.ConnectionID = p.number, p.id
	r.Differences = append(r.Differences, d)
}

// Write prints the report as text.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "connection %d (%s), after message %d: %s%s\n", d.Connection,
			visible.Line(d.ConnectionID), d.After, d.Kind, at(visible.Line(d.Path)))
		if d.Recorded != "" {
			fmt.Fprintf(&b, "  recorded  %s\n", visible.Line(d.Recorded))
		}
		if d.Replayed != "" {
			fmt.Fprintf(&b, "  now       %s\n", visible.Line(d.Replayed))
		}
	}
	fmt.Fprintf(&b, "Played %s on %s in %.1f s: %s, %s.\n", count(r.Messages, "message"),
		count(r.Connections, "connection"), r.Seconds, count(r.Same, "equal answer"),
		count(len(r.Differences), "difference"))
	_, err := io.WriteString(w, b.String())
	return err
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WriteJSON prints the report as a JSON object in one line.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
