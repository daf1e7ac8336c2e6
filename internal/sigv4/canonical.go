package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// compute returns the signature of r under secret, which s.sum must equal.
func (s *signature) compute(r *http.Request, secret, payloadHash string) string {
	request := strings.Join([]string{
		r.Method,
		escape(receivedPath(r), "/"),
		canonicalQuery(r.URL.RawQuery),
		canonicalHeaders(r, s.headers),
		strings.Join(s.headers, ";"),
		payloadHash,
	}, "\n")
	toSign := strings.Join([]string{
		algorithm, s.at.Format(timeFormat), s.scope.String(), hashHex([]byte(request)),
	}, "\n")
	return hex.EncodeToString(mac(s.scope.key(secret), toSign))
}

// key derives the key for one day, region and service.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key)
func (s scope) key(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, terminator} {
		key = mac(key, part)
	}
	return key
}

// receivedPath returns the path of r as it is on the wire, with its escapes. On a server it comes
// from the request line, which does not change when a mux strips a prefix from r.URL.
//
// The canonical path is this path escaped once more: "@" and "=" become "%40" and "%3D" if the
// client sent them raw, and "%2540" and "%253D" if it escaped them, so that both verify.
// (https://github.com/okigan/awscurl/issues/61)
func receivedPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ = strings.Cut(r.RequestURI, "?")
	}
	if path == "" {
		return "/"
	}
	return path
}

// escape percent-encodes s as RFC 3986 does, with upper-case digits, except letters, digits,
// "-._~" and the characters of keep.
func escape(s, keep string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isUnreserved(c) || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&0xf]})
	}
	return b.String()
}

// isUnreserved reports whether c is an unreserved character of RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// canonicalQuery returns the parameters, without the signature itself, escaped and sorted. It keeps
// parameters that it cannot decode, because otherwise the signature would not cover them.
func canonicalQuery(raw string) string {
	var pairs [][2]string
	for field := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(field, "=")
		if name = unescape(name); field != "" && name != "X-Amz-Signature" {
			pairs = append(pairs, [2]string{escape(name, ""), escape(unescape(value), "")})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	fields := make([]string, len(pairs))
	for i, p := range pairs {
		fields[i] = p[0] + "=" + p[1]
	}
	return strings.Join(fields, "&")
}

// unescape decodes a part of a query, or returns it as it is if it cannot be decoded.
func unescape(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// canonicalHeaders returns a line for each of names, and a line feed after the last.
func canonicalHeaders(r *http.Request, names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + ":")
		for i, value := range headerValues(r, name) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(collapseSpaces(value))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// headerValues returns the values of a header, including the headers that net/http keeps in fields.
func headerValues(r *http.Request, name string) []string {
	switch values := r.Header.Values(name); {
	case name == "host":
		return []string{host(r)}
	case name == "content-length" && values == nil && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	default:
		return values
	}
}

// host returns the Host header of r, on a server or before a client sends it.
func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// collapseSpaces removes the spaces around s and all but one of each run of spaces within.
func collapseSpaces(s string) string {
	s = strings.Trim(s, " \t")
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hashHex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
