package trigger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
)

// maxResponse is the most bytes that Lambda takes as the response to a request.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxResponse = 6 << 20

// HTTP returns a handler that serves the requests of a Lambda function URL with h. The whole
// request is in memory before h is called, 6 MB at most, and the response is sent when h has
// returned: what is flushed does not arrive earlier. RemoteAddr is the client's address with port
// 0. Header fields that a request has several times arrive as one, joined by commas.
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html)
func HTTP(h http.Handler) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		r, err := newRequest(ctx, event)
		if err != nil {
			return nil, err
		}
		w := &response{header: make(http.Header)}
		h.ServeHTTP(w, r)
		return w.reply()
	}
}

// urlEvent is a request as Lambda has it.
type urlEvent struct {
	RawPath        string            `json:"rawPath"`
	RawQuery       string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies"`
	Headers        map[string]string `json:"headers"`
	Body           string            `json:"body"`
	Base64         bool              `json:"isBase64Encoded"`
	RequestContext struct {
		Domain string `json:"domainName"`
		HTTP   struct {
			Method   string `json:"method"`
			Protocol string `json:"protocol"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

func newRequest(ctx context.Context, event json.RawMessage) (*http.Request, error) {
	var e urlEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	if e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("the event has no requestContext.http: it is not of a function URL; " +
			"the trigger has another source in the configuration than in the program")
	}
	body := []byte(e.Body)
	if e.Base64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("decode body of request: %w", err)
		}
	}
	target := e.RawPath
	if e.RawQuery != "" {
		target += "?" + e.RawQuery
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, target,
		bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	r.URL, r.RequestURI = u, target
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host = e.RequestContext.Domain
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Del("Host") // net/http keeps it apart
	r.RemoteAddr = net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0")
	return r, nil
}

// A response collects what a http.Handler answers.
type response struct {
	header http.Header
	status int
	sent   http.Header // as it was at the first write
	body   bytes.Buffer
	large  bool // more was written than a response can have
}

var errTooLarge = fmt.Errorf("response is over %d bytes: %w", maxResponse, tyg.ErrTooLarge)

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status != 0 || status >= 100 && status <= 199 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

func (w *response) Write(data []byte) (int, error) {
	if w.status == 0 {
		if w.header.Get("Content-Type") == "" && len(data) > 0 {
			w.header.Set("Content-Type", http.DetectContentType(data))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.large = w.large || w.body.Len()+len(data) > maxResponse; w.large {
		return 0, errTooLarge
	}
	return w.body.Write(data)
}

// urlReply is the response as Lambda wants it.
type urlReply struct {
	Status  int               `json:"statusCode"`
	Headers map[string]string `json:"headers,omitempty"`
	Cookies []string          `json:"cookies,omitempty"`
	Body    string            `json:"body,omitempty"`
	Base64  bool              `json:"isBase64Encoded"`
}

// reply returns the response. Bytes that are no text go in Base64, because the reply is JSON.
func (w *response) reply() (urlReply, error) {
	w.WriteHeader(http.StatusOK) // unless there is a status
	out := urlReply{
		Status: w.status, Headers: make(map[string]string), Cookies: w.sent["Set-Cookie"],
	}
	for name, values := range w.sent {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	data := w.body.Bytes()
	out.Body = string(data)
	if !utf8.Valid(data) {
		out.Body, out.Base64 = base64.StdEncoding.EncodeToString(data), true
	}
	if w.large || len(out.Body) > maxResponse {
		return urlReply{}, errTooLarge
	}
	return out, nil
}
