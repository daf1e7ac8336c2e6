package route

import (
	"unicode/utf16"
	"unicode/utf8"
)

// equals reports whether v, the name of a member, is name.
func (v span) equals(body []byte, name string) bool {
	if v.kind == plain {
		return string(body[v.start:v.end]) == name
	}
	return isUnescaped(body[v.start:v.end], name)
}

func isUnescaped(raw []byte, name string) bool {
	var buf [64]byte
	return string(appendUnescaped(buf[:0], raw)) == name
}

// member returns the child for the member of an object with this name, nil if no path leads there.
func (n *node) member(body []byte, name span) *node {
	for _, child := range n.children {
		if child.index < 0 && name.equals(body, child.name) {
			return child
		}
	}
	return nil
}

// element returns the child for an element of an array, nil if no path leads there.
func (n *node) element(index int) *node {
	for _, child := range n.children {
		if child.index == index {
			return child
		}
	}
	return nil
}

// appendText appends a value as API Gateway writes it into a route key: a string without quotes, an
// array as [item1, item2], no value as nothing. An object stays as it is written.
func appendText(dst, body []byte, v span) []byte {
	if v.kind == array {
		return appendArray(dst, body[v.start:v.end])
	}
	return appendItem(dst, body, v)
}

// appendItem appends a value as a whole. If it called appendArray, the compiler would allocate the
// caller's buffer on the heap.
func appendItem(dst, body []byte, v span) []byte {
	raw := body[v.start:v.end]
	switch v.kind {
	case plain, object, array:
		return append(dst, raw...)
	case escaped:
		return appendUnescaped(dst, raw)
	}
	return dst
}

// appendArray appends the text of an array, which is known to be valid. Arrays in it stay as
// written.
func appendArray(dst, raw []byte) []byte {
	dst = append(dst, '[')
	for i := space(raw, 1); at(raw, i) != ']'; i = space(raw, i) {
		if at(raw, i) == ',' {
			dst = append(dst, ", "...)
			i = space(raw, i+1)
		}
		var v span
		v, i = item(raw, i, 1)
		dst = appendItem(dst, raw, v)
	}
	return append(dst, ']')
}

// appendUnescaped appends the text between the quotes of a valid JSON string as encoding/json
// decodes it: invalid UTF-8 and UTF-16 become U+FFFD.
func appendUnescaped(dst, raw []byte) []byte {
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == '\\' {
			r, size = unescape(raw)
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[size:]
	}
	return dst
}

// unescape decodes the escape at the beginning of raw, and returns its length.
func unescape(raw []byte) (rune, int) {
	switch raw[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := codeUnit(raw)
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if r := utf16.DecodeRune(r, codeUnit(raw[6:])); r != utf8.RuneError {
				return r, 12
			}
		}
		return utf8.RuneError, 6
	}
	return rune(raw[1]), 2
}

// codeUnit decodes the UTF-16 code unit of an escape such as \u00e9.
func codeUnit(raw []byte) rune {
	return hex(raw[2])<<12 | hex(raw[3])<<8 | hex(raw[4])<<4 | hex(raw[5])
}
