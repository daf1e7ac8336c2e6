package apigw

import (
	"bytes"
	"unicode/utf8"
)

// appendString appends s as a JSON string. Unlike encoding/json it leaves <, > and & alone, as API
// Gateway does. Invalid UTF-8 becomes U+FFFD, so that the result is always JSON.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	begin := len(dst)
	done := 0 // s is appended up to here
	for i := range len(s) {
		if b := s[i]; b < ' ' || b == '"' || b == '\\' {
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, b)
			done = i + 1
		}
	}
	dst = append(dst, s[done:]...)
	if !utf8.Valid(dst[begin:]) {
		dst = append(dst[:begin], bytes.ToValidUTF8(dst[begin:], []byte("\uFFFD"))...)
	}
	return append(dst, '"')
}

// appendEscape appends the JSON escape of one ASCII character (RFC 8259 section 7).
func appendEscape(dst []byte, b byte) []byte {
	const digits = "0123456789abcdef"
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&0xf])
}
