package conformance

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A call is a call of the @connections API.
type call struct {
	method string
	path   string // below the management URL, as it goes over the wire; the query too
	body   string

	// sign signs; nil means in the header, with the target's credentials.
	sign func(t *trial, r *http.Request, body []byte)
}

// connection is the path of a connection, as most SDKs write it.
func connection(id string) string { return "/@connections/" + escape(id) }

func (t *trial) post(id, body string) *answer {
	return t.call(call{method: "POST", path: connection(id), body: body})
}

func (t *trial) get(id string) *answer { return t.call(call{method: "GET", path: connection(id)}) }

func (t *trial) delete(id string) *answer {
	return t.call(call{method: "DELETE", path: connection(id)})
}

// call makes a call. Whatever the status, it is an answer.
func (t *trial) call(c call) *answer {
	ctx, cancel := t.patient()
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.method, t.endpoint.Management+c.path,
		bytes.NewReader([]byte(c.body)))
	t.check("make call", err)
	if c.sign == nil {
		c.sign = (*trial).signHeader
	}
	c.sign(t, r, []byte(c.body))
	res, err := t.client.Do(r)
	t.check("call", err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	t.check("read answer of the call", err)
	return &answer{status: res.StatusCode, header: res.Header, body: string(body)}
}

// signHeader signs as SDKs do.
func (t *trial) signHeader(r *http.Request, body []byte) {
	sigv4.Sign(r, body, t.credentials(), t.target.Region, service, time.Now())
}

// service is what signatures for @connections are for.
const service = "execute-api"

// credentials are the target's, or those of nobody.
func (t *trial) credentials() sigv4.Credentials {
	c := sigv4.Credentials(t.target.Credentials)
	if c.AccessKeyID == "" {
		c = sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "nobody's secret"}
	}
	return c
}
