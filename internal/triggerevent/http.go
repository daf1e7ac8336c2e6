package triggerevent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxRequest is the most bytes of an event, and of a response.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const MaxRequest = 6 << 20

// ErrTooLarge is a request that no function gets.
var ErrTooLarge = errors.New("the request is larger than the 6 MB of a function URL")

// HTTP returns what a function URL makes of a request.
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html)
func HTTP(p Place, r *http.Request, at time.Time) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	headers := make(map[string]string)
	for name, values := range r.Header {
		if name != "Cookie" {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	headers["host"], headers["x-forwarded-for"] = r.Host, ip
	query := make(map[string]string)
	for name, values := range r.URL.Query() {
		query[name] = strings.Join(values, ",")
	}
	e := object{
		"version": "2.0", "routeKey": "$default", "rawPath": r.URL.EscapedPath(),
		"rawQueryString": r.URL.RawQuery, "headers": headers, "body": string(body),
		"isBase64Encoded": false,
		"requestContext": object{
			"accountId": "anonymous", "apiId": "local", "domainName": r.Host, "domainPrefix": "local",
			"http": object{
				"method": r.Method, "path": r.URL.Path, "protocol": r.Proto, "sourceIp": ip,
				"userAgent": r.UserAgent(),
			},
			"requestId": newID(), "routeKey": "$default", "stage": "$default",
			"time": at.UTC().Format("02/Jan/2006:15:04:05 -0700"), "timeEpoch": at.UnixMilli(),
		},
	}
	if len(query) > 0 {
		e["queryStringParameters"] = query
	}
	if cookies := cookiesOf(r); len(cookies) > 0 {
		e["cookies"] = cookies
	}
	if !utf8.Valid(body) {
		e["body"], e["isBase64Encoded"] = base64.StdEncoding.EncodeToString(body), true
	}
	out := encode(e)
	if len(body) > MaxRequest || len(out) > MaxRequest {
		return nil, ErrTooLarge
	}
	return out, nil
}

func cookiesOf(r *http.Request) []string {
	var all []string
	for _, line := range r.Header["Cookie"] {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				all = append(all, c)
			}
		}
	}
	return all
}

// Respond writes the reply of a function as a function URL does. A reply without a statusCode is
// JSON with status 200.
func Respond(w http.ResponseWriter, reply []byte) error {
	var r struct {
		Status  *int              `json:"statusCode"`
		Headers map[string]string `json:"headers"`
		Cookies []string          `json:"cookies"`
		Body    string            `json:"body"`
		Base64  bool              `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(reply, &r); err != nil || r.Status == nil {
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(reply)
		return err
	}
	body := []byte(r.Body)
	if r.Base64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return fmt.Errorf("the reply has isBase64Encoded and a body that is not Base64: %w", err)
		}
	}
	if *r.Status < 200 || *r.Status > 599 {
		return fmt.Errorf("the reply has status %d", *r.Status)
	}
	w.Header().Set("Content-Type", "application/json") // the default of function URLs
	for name, value := range r.Headers {
		w.Header().Set(name, value)
	}
	for _, c := range r.Cookies {
		w.Header().Add("Set-Cookie", c)
	}
	w.WriteHeader(*r.Status)
	_, err := w.Write(body)
	return err
}
