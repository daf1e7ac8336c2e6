package lambda_test

import (
	"io"
	"net/http"
	"strings"
)

type (
	request  = http.Request
	response = http.Response
)

// roundTrip stands for the network and the service behind it.
type roundTrip func(*request) (*response, error)

func (f roundTrip) RoundTrip(r *request) (*response, error) { return f(r) }

func (f roundTrip) client() *http.Client { return &http.Client{Transport: f} }

// respond is an answer of @connections.
func respond(status int, kind, body string) (*response, error) {
	header := make(http.Header)
	if kind != "" {
		header.Set("X-Amzn-Errortype", kind)
	}
	return &response{
		StatusCode: status, Header: header, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}
