package harness

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// Service is the name of @connections in signatures.
const Service = "execute-api"

// A Call is a call of the @connections API.
type Call struct {
	Method string
	Path   string // below the management URL, as it is sent, with the query
	Body   string

	// Sign signs; nil means in the header, with the target's credentials.
	Sign func(t *T, r *http.Request, body []byte)
}

// ConnectionPath returns the path of a connection, as most SDKs write it.
func ConnectionPath(id string) string { return "/@connections/" + escape(id) }

// Post sends a message to a connection.
func (t *T) Post(id, body string) *Response {
	return t.Call(Call{Method: "POST", Path: ConnectionPath(id), Body: body})
}

// Get asks about a connection.
func (t *T) Get(id string) *Response {
	return t.Call(Call{Method: "GET", Path: ConnectionPath(id)})
}

// Delete closes a connection.
func (t *T) Delete(id string) *Response {
	return t.Call(Call{Method: "DELETE", Path: ConnectionPath(id)})
}

// maxBody is how long a response may be: an endpoint may be of others, and not what it is taken
// for.
const maxBody = 1 << 20

// Call makes a call. A response with any status is no failure.
func (t *T) Call(c Call) *Response {
	ctx, cancel := t.timeout()
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.Method, t.Endpoint.Management+c.Path,
		bytes.NewReader([]byte(c.Body)))
	t.Check("make call", err)
	r.Header.Set("User-Agent", "tyg")
	if c.Sign == nil {
		c.Sign = (*T).SignHeader
	}
	c.Sign(t, r, []byte(c.Body))
	res, err := t.http.Do(r)
	t.Check("call", err)
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	t.Check("read response of the call", err)
	if len(body) > maxBody {
		t.Failf("the response of the call is over %d MB", maxBody>>20)
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}

// SignHeader signs as SDKs do.
func (t *T) SignHeader(r *http.Request, body []byte) {
	sigv4.Sign(r, body, t.Credentials(), t.Target.Region, Service, time.Now())
}

// Credentials returns the target's credentials, or a key that does not exist if it has none.
func (t *T) Credentials() sigv4.Credentials {
	c := sigv4.Credentials(t.Target.Credentials)
	if c.AccessKeyID == "" {
		c = sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "no such secret"}
	}
	return c
}
