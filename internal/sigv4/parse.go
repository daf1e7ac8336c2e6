package sigv4

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxExpires is the longest that a presigned URL may be valid.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html)
const maxExpires = 7 * 24 * time.Hour

// WellFormed returns nil if r has a well-formed signature in its Authorization header or its query,
// and an [*Error] otherwise. It verifies neither the signature nor the time.
func WellFormed(r *http.Request) error {
	_, err := parse(r)
	return err
}

// parse parses the signature of r, from the Authorization header or else from the query.
func parse(r *http.Request) (*signature, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		return parseHeader(r, strings.Join(values, ","))
	}
	query := r.URL.Query()
	if query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature") {
		return parseQuery(query)
	}
	return nil, errUnsigned()
}

func parseHeader(r *http.Request, value string) (*signature, error) {
	rest, ok := strings.CutPrefix(value, algorithm)
	params := make(map[string]string)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if _, twice := params[name]; twice {
			return nil, deny(typeIncomplete, "Authorization header has a parameter twice.")
		}
		params[name] = value
	}
	get := func(name string) string {
		if !ok {
			return "" // another scheme, such as Bearer, has none of the parameters
		}
		return params[name]
	}
	s := &signature{}
	if err := s.setParams(get, "Authorization header", ""); err != nil {
		return nil, err
	}
	var err error
	if s.at, err = headerTime(r.Header); err != nil {
		return nil, err
	}
	return s, s.check()
}

// headerTime returns the time of a signature in the header. X-Amz-Date is preferred to Date, which
// browsers do not let clients set and which proxies may set.
func headerTime(h http.Header) (time.Time, error) {
	if v := h.Get("X-Amz-Date"); v != "" {
		return parseTime(v)
	}
	v := h.Get("Date")
	if v == "" {
		return time.Time{}, errNoDate()
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.UTC(), nil
	}
	return parseTime(v)
}

func parseQuery(query url.Values) (*signature, error) {
	if got := query.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, errMissingParams("AWS query-string", []string{"X-Amz-Algorithm"})
	}
	s := &signature{presigned: true}
	if err := s.setParams(query.Get, "AWS query-string", "X-Amz-"); err != nil {
		return nil, err
	}
	if !query.Has("X-Amz-Date") {
		return nil, errMissingParams("AWS query-string", []string{"X-Amz-Date"})
	}
	var err error
	if s.at, err = parseTime(query.Get("X-Amz-Date")); err != nil {
		return nil, err
	}
	if s.expires, err = parseExpires(query); err != nil {
		return nil, err
	}
	return s, s.check()
}

// setParams sets the three parameters that both forms have.
func (s *signature) setParams(get func(string) string, place, prefix string) error {
	var missing []string
	param := func(name string) string {
		v := get(prefix + name)
		if v == "" {
			missing = append(missing, prefix+name)
		}
		return v
	}
	credential := param("Credential")
	s.sum = param("Signature")
	headers := param("SignedHeaders")
	if missing != nil {
		return errMissingParams(place, missing)
	}
	s.headers = strings.Split(strings.ToLower(headers), ";")
	return s.setCredential(credential)
}

// setCredential splits "{key}/{date}/{region}/{service}/aws4_request".
func (s *signature) setCredential(credential string) error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[0] == "" {
		return deny(typeIncomplete, "Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/term.")
	}
	if parts[4] != terminator {
		return deny(typeInvalid,
			"Credential should be scoped with a valid terminator: '"+terminator+"'.")
	}
	s.accessKeyID = parts[0]
	s.scope = scope{date: parts[1], region: parts[2], service: parts[3]}
	return nil
}

// check checks that the parts agree with each other.
func (s *signature) check() error {
	if date := s.at.Format(dateFormat); s.scope.date != date {
		return deny(typeInvalid, fmt.Sprintf("Date in Credential scope does not match YYYYMMDD "+
			"from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.scope.date, date, s.at.Format(timeFormat)))
	}
	if !slices.Contains(s.headers, "host") {
		return errHostUnsigned()
	}
	if sum, err := hex.DecodeString(s.sum); err != nil || len(sum) != 32 {
		return errMismatch()
	}
	return nil
}

func parseTime(v string) (time.Time, error) {
	t, err := time.Parse(timeFormat, v)
	if err != nil {
		return time.Time{}, deny(typeIncomplete, "Date must be in ISO-8601 'basic format'. "+
			"See http://en.wikipedia.org/wiki/ISO_8601")
	}
	return t, nil
}

// parseExpires reads how long a presigned URL is valid. Some clients leave it out.
// (https://github.com/mhart/aws4)
func parseExpires(query url.Values) (time.Duration, error) {
	if !query.Has("X-Amz-Expires") {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(query.Get("X-Amz-Expires"), 10, 32)
	if d := time.Duration(seconds) * time.Second; err == nil && d > 0 && d <= maxExpires {
		return d, nil
	}
	return 0, deny(typeIncomplete, fmt.Sprintf(
		"X-Amz-Expires must be a number of seconds from 1 to %d.", maxExpires/time.Second))
}
