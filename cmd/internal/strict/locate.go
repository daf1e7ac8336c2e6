package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A keyError is an error about the value of a key.
type keyError struct {
	path string
	err  error
}

// KeyError returns an error about a key, whose path has dots. For an error about a key below it,
// the path becomes longer.
func KeyError(path string, err error) error {
	if below, ok := errors.AsType[*keyError](err); ok {
		return &keyError{path + "." + below.path, below.err}
	}
	return &keyError{path, err}
}

// Error returns the key and what is wrong.
func (e *keyError) Error() string { return e.path + ": " + e.err.Error() }

// Unwrap returns what is wrong.
func (e *keyError) Unwrap() error { return e.err }

// Locate puts the number of the line before an error of [KeyError], so that it can follow the name
// of a file and a colon, as those of Unmarshal do. A key that is not in the text is in the line of
// the object that should have it.
func Locate(data []byte, err error) error {
	key, ok := errors.AsType[*keyError](err)
	if !ok {
		return err
	}
	lines := Lines(data)
	path := key.path
	for {
		if line, ok := lines[path]; ok {
			return fmt.Errorf("%d: %w", line, err)
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return fmt.Errorf("1: %w", err)
		}
		path = path[:cut]
	}
}

// Lines returns the line of each key of a text of JSON, by its path with dots. A text that is not
// JSON has those before the fault.
func Lines(data []byte) map[string]int {
	w := &lineWalker{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	w.lines = make(map[string]int)
	w.value("")
	return w.lines
}

type lineWalker struct {
	data  []byte
	dec   *json.Decoder
	lines map[string]int
}

// value walks the next value, whose key is path, and reports whether there is more to walk.
func (w *lineWalker) value(path string) bool {
	token, err := w.dec.Token()
	if err != nil {
		return false
	}
	switch token {
	case json.Delim('{'):
		for w.dec.More() {
			token, err := w.dec.Token()
			key, ok := token.(string)
			if err != nil || !ok {
				return false
			}
			below := key
			if path != "" {
				below = path + "." + key
			}
			w.lines[below] = lineAt(w.data, w.dec.InputOffset())
			if !w.value(below) {
				return false
			}
		}
	case json.Delim('['):
		for i := 0; w.dec.More(); i++ {
			if !w.value(fmt.Sprintf("%s[%d]", path, i)) {
				return false
			}
		}
	default:
		return true
	}
	_, err = w.dec.Token()
	return err == nil
}
