package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// An event is bytes that a program wrote to its terminal, or what the editor shows.
type event struct {
	At     int64    `json:"at"` // milliseconds since the beginning
	Pane   string   `json:"pane"`
	Output string   `json:"output,omitempty"`
	Lines  []string `json:"lines,omitempty"` // of the editor
	Saved  bool     `json:"saved,omitempty"` // the lines are those of the file
}

// A pane is a terminal or the editor, and its place in the picture, in cells.
type pane struct {
	name       string
	x, y       int
	cols, rows int
}

// The names of the panes.
const (
	editor = "main.go"
	server = "tyg local"
	ada    = "Ada"
	bob    = "Bob"
)

// panes returns the layout. A title is above each pane.
func panes() []pane {
	return []pane{
		{editor, 0, 0, 85, 3},
		{ada, 0, 5, 41, 8},
		{bob, 44, 5, 41, 8},
		{server, 0, 15, 85, 11},
	}
}

func writeEvents(file string, events []event) error {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for _, e := range events {
		if err := lines.Encode(e); err != nil {
			return err
		}
	}
	return os.WriteFile(file, out.Bytes(), 0o666)
}

func readEvents(file string) (events []event, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for lines := json.NewDecoder(bytes.NewReader(data)); ; {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			return events, nil
		} else if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
}
