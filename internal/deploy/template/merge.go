package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// patch returns doc as decoded JSON, changed by a merge patch. An empty patch changes nothing.
func patch(doc Object, text []byte) (Object, error) {
	plain, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	target, err := decode(plain)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return target, err
	}
	change, err := decode(text)
	if err != nil {
		return nil, err
	}
	return merged(target, change).(Object), nil
}

// decode reads one JSON object. Numbers keep their text.
func decode(text []byte) (Object, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the end is missing")
		}
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is not JSON: there is text after its end")
	}
	o, ok := v.(Object)
	if !ok {
		return nil, errors.New("it is not a JSON object")
	}
	return o, nil
}

// merged returns target changed by a merge patch (RFC 7396 section 2).
func merged(target, change any) any {
	changes, ok := change.(Object)
	if !ok {
		return change
	}
	result, ok := target.(Object)
	if !ok {
		result = Object{}
	}
	for key, value := range changes {
		if value == nil {
			delete(result, key)
		} else {
			result[key] = merged(result[key], value)
		}
	}
	return result
}
