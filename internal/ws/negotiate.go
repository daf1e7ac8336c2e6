package ws

import (
	"errors"
	"strconv"
	"strings"
)

const extensionDeflate = "permessage-deflate"

// RFC 7692 section 7.1: the four parameters.
const (
	paramServerNoContext = "server_no_context_takeover"
	paramClientNoContext = "client_no_context_takeover"
	paramServerWindow    = "server_max_window_bits"
	paramClientWindow    = "client_max_window_bits"
)

// RFC 1951: no distance is over 32 KB, so a window of 15 bits is as good as no limit.
const maxWindowBits = 15

var errExtensions = errors.New("Sec-WebSocket-Extensions is malformed")

// A Deflate is permessage-deflate with the parameters of one offer, or of a server's answer.
// Compression is always without context takeover, in both directions, whether asked for or not.
type Deflate struct {
	// The base-2 logarithms of the windows, 8 to 15; 0 if the parameter is absent. In an offer,
	// ClientMaxWindowBits may come without a value, which counts as 15.
	ServerMaxWindowBits, ClientMaxWindowBits int

	// ServerNoContext and ClientNoContext report whether the parameters were present.
	ServerNoContext, ClientNoContext bool
}

// Fits reports whether the server may send a message of n bytes compressed. Without context
// takeover no distance is longer than the message, so a message up to the size of the client's
// window never refers beyond it, although compress/flate always uses a window of 32 KB.
func (d *Deflate) Fits(n int) bool {
	bits := d.ServerMaxWindowBits
	return bits == 0 || bits >= maxWindowBits || n <= 1<<bits
}

// String returns the server's answer to the offer: the value of Sec-WebSocket-Extensions.
func (d *Deflate) String() string { return string(d.append(nil)) }

// append appends what String returns. RFC 7692 section 7.1.2.2: client_max_window_bits needs no
// answer, and any window of the client is small enough for a Reader.
func (d *Deflate) append(dst []byte) []byte {
	dst = append(dst, extensionDeflate+"; "+paramServerNoContext+"; "+paramClientNoContext...)
	if d.ServerMaxWindowBits > 0 {
		dst = append(dst, "; "+paramServerWindow+"="...)
		dst = strconv.AppendInt(dst, int64(d.ServerMaxWindowBits), 10)
	}
	return dst
}

// Negotiate returns the first acceptable offer of permessage-deflate in the lines of a client's
// Sec-WebSocket-Extensions header, or nil if there is none. RFC 7692 section 7.1: an unknown,
// repeated or invalid parameter makes only its own offer unacceptable. The error means that the
// header does not parse.
func Negotiate(lines []string) (*Deflate, error) {
	var accepted *Deflate
	for _, line := range lines {
		s := scanner{rest: line}
		for s.next() {
			d, ok := s.extension()
			if ok && accepted == nil {
				accepted = &d
			}
		}
		if s.bad {
			return nil, errExtensions
		}
	}
	return accepted, nil
}

// ParseAnswer parses the lines of a server's Sec-WebSocket-Extensions header. It reports false
// unless they are one permessage-deflate with valid parameters.
func ParseAnswer(lines []string) (Deflate, bool) {
	s := scanner{rest: strings.Join(lines, ",")}
	d, ok := s.extension()
	return d, ok && s.rest == ""
}

// next skips to the next extension of a list and reports whether there is one.
func (s *scanner) next() bool {
	s.skipSpace()
	for s.take(',') {
	}
	return s.rest != ""
}

// extension takes one extension. It reports whether that is an acceptable permessage-deflate.
func (s *scanner) extension() (d Deflate, ok bool) {
	// Names of extensions and parameters are case-sensitive: RFC 6455 section 9.1 does not say
	// otherwise.
	ok = s.token() == extensionDeflate
	for s.take(';') {
		name, value := s.param()
		ok = ok && d.set(name, value)
	}
	s.skipSpace()
	if s.rest != "" && s.rest[0] != ',' {
		s.fail()
	}
	return d, ok && !s.bad
}

// param takes a parameter. Its value is empty if there is none.
func (s *scanner) param() (name, value string) {
	name = s.token()
	if s.take('=') {
		value = s.value()
	}
	return name, value
}

// set sets a parameter and reports whether it is known, not repeated, and valid.
func (d *Deflate) set(name, value string) bool {
	switch name {
	case paramServerNoContext:
		return setFlag(&d.ServerNoContext, value)
	case paramClientNoContext:
		return setFlag(&d.ClientNoContext, value)
	case paramServerWindow:
		return setBits(&d.ServerMaxWindowBits, value)
	case paramClientWindow:
		if value == "" {
			value = "15"
		}
		return setBits(&d.ClientMaxWindowBits, value)
	}
	return false
}

func setFlag(flag *bool, value string) bool {
	if *flag || value != "" {
		return false
	}
	*flag = true
	return true
}

// setBits sets a window. RFC 7692 section 7.1.2: decimal, 8 to 15, without leading zeros.
func setBits(bits *int, value string) bool {
	n, err := strconv.Atoi(value)
	if *bits != 0 || err != nil || n < 8 || n > maxWindowBits || strconv.Itoa(n) != value {
		return false
	}
	*bits = n
	return true
}
