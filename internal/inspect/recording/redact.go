package recording

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
)

// Redacted is in a recording in place of a secret.
const Redacted = "[redacted]"

// Rules say what is a secret: the values of headers, of parameters of the query, and of keys of
// messages that are JSON objects, at any depth. Names count without their case, hyphens and
// underscores: "apiKey" is "api_key" and "X-Api-Key" is "x_api_key".
type Rules struct {
	Headers []string `json:"headers"`
	Keys    []string `json:"keys"` // of parameters and of messages
}

// DefaultRules returns the rules that apply unless others are given.
func DefaultRules() Rules {
	return Rules{
		Headers: []string{
			"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Amz-Security-Token",
			"X-Auth-Token", "X-Csrf-Token",
		},
		Keys: []string{
			"password", "passwd", "secret", "token", "access_token", "refresh_token", "id_token",
			"auth", "authorization", "auth_token", "api_key", "apikey", "client_secret", "private_key",
			"session", "session_id", "cookie", "jwt", "credential", "credentials", "pin", "otp",
			"X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-Credential",
		},
	}
}

// A Redactor applies Rules. It may be used by one goroutine at a time.
type Redactor struct {
	headers, keys map[string]bool
	name          []byte // memory
	text, conn    repeated

	// lengths has, by the first and the last letter of the keys, a bit for each of their lengths. Most
	// keys of messages need no other look.
	lengths [256]uint64
}

// lettersOf makes one number of the first and the last letter of a name. Others may have the same.
func lettersOf[T string | []byte](name T) byte { return name[0] + 31*name[len(name)-1] }

// NewRedactor returns a Redactor.
func NewRedactor(r Rules) *Redactor {
	set := func(names []string) map[string]bool {
		m := make(map[string]bool)
		for _, name := range names {
			m[string(plain(nil, []byte(name)))] = true
		}
		return m
	}
	re := &Redactor{headers: set(r.Headers), keys: set(r.Keys)}
	for key := range re.keys {
		if key != "" {
			re.lengths[lettersOf(key)] |= 1 << min(len(key), 63)
		}
	}
	return re
}

// plain appends a name without its case, hyphens and underscores.
func plain(to, name []byte) []byte {
	for _, c := range name {
		switch {
		case c == '-' || c == '_':
		case 'A' <= c && c <= 'Z':
			to = append(to, c|0x20)
		default:
			to = append(to, c)
		}
	}
	return to
}

func (r *Redactor) has(set map[string]bool, name []byte) bool {
	r.name = plain(r.name[:0], name)
	return set[string(r.name)]
}

// hasKey reports whether a key has to go.
func (r *Redactor) hasKey(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	upTo := uint64(2)<<min(len(name), 63) - 1
	if isSmall(name[0]) && isSmall(name[len(name)-1]) && r.lengths[lettersOf(name)]&upTo == 0 {
		return false // whatever is between: a plain name is no longer than the name
	}
	r.name = plain(r.name[:0], name)
	if len(r.name) == 0 || r.lengths[lettersOf(r.name)]>>min(len(r.name), 63)&1 == 0 {
		return false
	}
	return r.keys[string(r.name)]
}

func isSmall(c byte) bool { return 'a' <= c && c <= 'z' }

// ownHeaders are of the handshake itself: each client makes its own.
var ownHeaders = [...]string{
	"connection", "upgrade", "host", "secwebsocketkey", "secwebsocketversion",
	"secwebsocketextensions", "xforwardedfor", "xforwardedport", "xforwardedproto", "xamzntraceid",
}

// Header returns the header of a handshake without secrets, and without what each client makes
// anew.
func (r *Redactor) Header(h map[string][]string) map[string][]string {
	out := make(map[string][]string)
	for name, values := range h {
		if slices.Contains(ownHeaders[:], string(plain(nil, []byte(name)))) {
			continue
		}
		if r.has(r.headers, []byte(name)) {
			values = []string{Redacted}
		}
		out[name] = values
	}
	return out
}

// Query returns the parameters without secrets.
func (r *Redactor) Query(q map[string][]string) map[string][]string {
	out := make(map[string][]string)
	for name, values := range q {
		if r.has(r.keys, []byte(name)) {
			values = []string{Redacted}
		}
		out[name] = values
	}
	return out
}

// Message returns a message without secrets: data itself if it has none. A message that is no JSON
// has none that rules could find.
func (r *Redactor) Message(data []byte) []byte {
	if !r.mayHave(data) {
		return data
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out bytes.Buffer
	if err := r.rewrite(d, data, &out); err != nil {
		// Cut, or no JSON: what looks like a secret must not get through for that.
		return []byte(Redacted)
	}
	return out.Bytes()
}

// maxRepeated is the length of the longest text that is kept, in bytes.
const maxRepeated = 4 << 10

// appendText appends a text without secrets, as JSON. Many are the same as the one before, since
// programs that send to several connections often send to one after another, as API Gateway has it.
func (r *Redactor) appendText(b, data []byte) []byte {
	if written := r.text.of(data); written != nil {
		return append(b, written...)
	}
	begin := len(b)
	b = appendString(b, r.Message(data))
	r.text.keep(data, b[begin:])
	return b
}

// appendConn appends the id of a connection, as JSON: often that of the message before.
func (r *Redactor) appendConn(b, id []byte) []byte {
	if written := r.conn.of(id); written != nil {
		return append(b, written...)
	}
	begin := len(b)
	b = appendString(b, id)
	r.conn.keep(id, b[begin:])
	return b
}

// A repeated is what was written last: if the same comes again it is neither looked through nor
// escaped again.
type repeated struct {
	last    []byte
	written []byte // what became of it
}

// of returns what became of data, or nil if it was not written last.
func (r *repeated) of(data []byte) []byte {
	if bytes.Equal(data, r.last) {
		return r.written
	}
	return nil
}

func (r *repeated) keep(data, written []byte) {
	if len(data) <= maxRepeated {
		r.last, r.written = append(r.last[:0], data...), append(r.written[:0], written...)
	}
}

// mayHave reports whether data looks like JSON with a key that has to go. It is fast, because most
// messages have none.
func (r *Redactor) mayHave(data []byte) bool {
	start := 0
	for start < len(data) && isSpace(data[start]) {
		start++
	}
	if start == len(data) || data[start] != '{' && data[start] != '[' {
		return false
	}
	escapes := false
	for i := start; i < len(data); i += 8 {
		x := word(data, i)
		escapes = escapes || places(x, '\\') != 0
		for colons := places(x, ':'); colons != 0; colons &= colons - 1 {
			if r.endsInKey(data[:i+bits.TrailingZeros64(colons)/8], escapes) {
				return true
			}
		}
	}
	return false
}

// endsInKey reports whether a key that has to go is at the end of JSON. escapes says that there is
// a backslash in it: a key with an escape has to be looked at in full.
func (r *Redactor) endsInKey(data []byte, escapes bool) bool {
	end := len(data)
	for end > 0 && isSpace(data[end-1]) {
		end--
	}
	if end == 0 || data[end-1] != '"' {
		return false
	}
	name := data[:end-1]
	name = name[bytes.LastIndexByte(name, '"')+1:]
	return escapes && bytes.IndexByte(name, '\\') >= 0 || r.hasKey(name)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// rewrite copies one JSON text, token by token, and replaces values.
func (r *Redactor) rewrite(d *json.Decoder, data []byte, out *bytes.Buffer) error {
	last := 0 // all before it is copied
	type level struct{ object, key bool }
	var levels []level
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		if delim, ok := token.(json.Delim); ok {
			switch delim {
			case '{', '[':
				levels = append(levels, level{object: delim == '{', key: delim == '{'})
				continue
			}
			levels = levels[:len(levels)-1]
		} else if n := len(levels); n > 0 && levels[n-1].object && levels[n-1].key {
			levels[n-1].key = false
			if name, _ := token.(string); !r.hasKey([]byte(name)) {
				continue
			}
			from, to, err := skipValue(d, data)
			if err != nil {
				return err
			}
			out.Write(data[last:from])
			out.WriteString(`"` + Redacted + `"`)
			last = to
		}
		if len(levels) == 0 {
			out.Write(data[last:])
			if strings.TrimSpace(string(data[d.InputOffset():])) != "" {
				return errTrailing
			}
			return nil
		}
		levels[len(levels)-1].key = levels[len(levels)-1].object
	}
}

var errTrailing = &json.SyntaxError{}

// skipValue reads the value behind a key, and returns where it begins and ends.
func skipValue(d *json.Decoder, data []byte) (from, to int, err error) {
	from = int(d.InputOffset())
	for from < len(data) && strings.IndexByte(" \t\r\n:", data[from]) >= 0 {
		from++
	}
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return 0, 0, err
	}
	return from, int(d.InputOffset()), nil
}
