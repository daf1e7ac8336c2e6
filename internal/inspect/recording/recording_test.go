package recording_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// What AppendMessage writes is what Read returns, whatever is in the message.
func TestMessagesAreReadAsWritten(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := []recording.Entry{
		{At: 1.25, Type: recording.In, Conn: "c=", Text: text("hi")},
		{At: 2, Type: recording.In, Conn: "c=", Text: text("\"\\\n\x00\x7fé\u2028<b>")},
		{At: 3, Type: recording.Out, To: []string{"a", "b"}, Count: 5, Text: text("")},
		{At: 4, Type: recording.Out, Conn: "a", Base64: "AP8=", Size: 9},
	}
	b := []byte(`{"tyg_recording":1}` + "\n")
	for _, size := range []int{7, 8, 9, 16, 1000} { // all bytes, at all places of a word
		for c := range 128 {
			long := strings.Repeat("x", size-1) + string(rune(c)) + strings.Repeat("é\"", size%3)
			tests = append(tests, recording.Entry{At: 5, Type: recording.In, Conn: "c", Text: &long})
		}
	}
	for _, e := range tests {
		data, err := e.Data()
		if err != nil {
			t.Fatal(err)
		}
		b = redactor().AppendMessage(b, time.Duration(e.At*1e6), e.Type, []byte(e.Conn), e.To, data,
			recording.Message{Binary: e.Binary(), Count: e.Count, Size: e.Size})
	}
	r, err := recording.NewReader(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range tests {
		if got, err := r.Read(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// Text that is no UTF-8, because it was cut, is written as UTF-8.
func TestCutTextIsUTF8(t *testing.T) {
	const head = `{"tyg_recording":1}` + "\n"
	line := redactor().AppendMessage(nil, 0, recording.In, []byte("c"), nil, []byte("a caf\xc3"),
		recording.Message{Size: 8})
	r, err := recording.NewReader(strings.NewReader(head + string(line)))
	if err != nil {
		t.Fatal(err)
	}
	if e, err := r.Read(); err != nil || *e.Text != "a caf\uFFFD" || !utf8.Valid(line) {
		t.Errorf("%s is read as %v, %v", line, e, err)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	const head = `{"tyg_recording":1}` + "\n"
	tests := []struct{ name, text, want string }{
		{"nothing", "", "this is no recording"},
		{"another file", "hello\n", "this is no recording"},
		{"other JSON", "{}\n", "this is no recording"},
		{"newer", `{"tyg_recording":9}`, "has version 9"},
		{"no JSON", head + "{\n", "line 2: "},
		{"no type", head + "{}\n", "line 2: there is no type"},
		{"no connection", head + "\n" + `{"type":"in"}`, "line 2: "},
		{"wrong base64", head + `{"type":"in","conn":"c","base64":"?"}`, "line 2: base64"},
	}
	for _, tt := range tests {
		r, err := recording.NewReader(strings.NewReader(tt.text))
		for err == nil {
			_, err = r.Read()
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: the error is %q, want %q", tt.name, err, tt.want)
		}
	}
}
