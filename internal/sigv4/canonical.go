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

// compute returns what s.sum should be for this request under secret.
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

// receivedPath returns the path of r as it is on the wire, escapes and all. On a server that is
// the request line, which stays the same when a mux strips a prefix from r.URL.
//
// The canonical path is this one escaped once more. So "@" and "=" count as "%40" and "%3D"
// where a client left them raw, and as "%2540" and "%253D" where it did not, and both verify.
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

// escape is RFC 3986 percent-encoding with upper-case digits; only letters, digits, "-._~" and
// the characters of keep stay as they are.
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

// isUnreserved: RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// canonicalQuery returns the parameters, without the signature itself, escaped and sorted. It
// leaves out nothing that it cannot decode, for then the signature would not cover it.
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
			b.WriteString(squeeze(value))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// headerValues returns the values of a header, also of those that net/http keeps elsewhere.
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

// squeeze removes spaces around s and all but one of those within.
func squeeze(s string) string {
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
