package harness

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/redact"
)

// An Endpoint is the address of a deployment of the probe application.
type Endpoint struct {
	// URL is the address of the WebSocket, such as wss://example.com/api.
	URL string

	// Management is the URL of the @connections API, without "/@connections". Empty means the same as
	// URL, with https in place of wss.
	Management string
}

// Credentials sign calls of the @connections API.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for keys of a user
}

// A Target says what is checked, and how. Only Endpoint.URL is required.
type Target struct {
	Endpoint

	// Bare is the URL of another deployment of the probe, with PROBE_VARIANT=bare. Without it, the
	// cases about missing routes are not run.
	Bare string

	// Timed is a deployment on which time limits pass TimeScale times faster, for the cases about
	// them. The zero Timed means Endpoint.
	Timed Endpoint

	// TimeScale is how many times faster than at API Gateway the time limits pass: with 600, ten
	// minutes are a second. Zero means 1.
	TimeScale float64

	// Slow runs the cases about time limits although TimeScale is 1. They take two hours.
	Slow bool

	// Credentials sign the calls. Without them calls are signed with a key that does not exist, which
	// only a server for development accepts, and the cases about wrong signatures are not run.
	Credentials Credentials

	// Region is the region that signatures are for, us-east-1 by default.
	Region string

	// TLS is the configuration for TLS; nil means the system's roots. It is not changed.
	TLS *tls.Config

	// Parallel is how many cases run at the same time, 8 by default.
	Parallel int

	// Patience is how long to wait for anything that should happen at once, 10 seconds by default.
	Patience time.Duration
}

// WithDefaults returns t with all that was left out, or an error that says what is wrong with it.
func (t Target) WithDefaults() (Target, error) {
	if t.Timed == (Endpoint{}) {
		t.Timed = t.Endpoint
	}
	for _, e := range []*Endpoint{&t.Endpoint, &t.Timed} {
		if err := e.complete(); err != nil {
			return t, err
		}
	}
	if t.Bare != "" {
		bare := Endpoint{URL: t.Bare}
		if err := bare.complete(); err != nil {
			return t, err
		}
		t.Bare = bare.URL
	}
	if t.TimeScale < 0 {
		return t, fmt.Errorf("time scale %v: must not be negative", t.TimeScale)
	}
	if t.TimeScale == 0 {
		t.TimeScale = 1
	}
	if t.Region == "" {
		t.Region = "us-east-1"
	}
	if t.Parallel <= 0 {
		t.Parallel = 8
	}
	if t.Patience <= 0 {
		t.Patience = 10 * time.Second
	}
	return t, nil
}

// schemes maps the schemes of WebSocket URLs to those of management URLs.
func schemes() map[string]string {
	return map[string]string{"ws": "http", "wss": "https", "http": "http", "https": "https"}
}

// complete checks an Endpoint and sets its Management.
func (e *Endpoint) complete() error {
	u, err := url.Parse(e.URL)
	if err != nil {
		return fmt.Errorf("parse URL: %w", errors.Unwrap(err)) // without the URL
	}
	scheme := schemes()[u.Scheme]
	if scheme == "" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("URL %q: want ws:// or wss://, host and path, and nothing more",
			redact.Text(e.URL))
	}
	e.URL = strings.TrimRight(e.URL, "/")
	if e.Management == "" {
		u.Scheme = scheme
		e.Management = u.String()
	}
	m, err := url.Parse(e.Management)
	if err != nil {
		return fmt.Errorf("parse management URL: %w", errors.Unwrap(err))
	}
	if m.Scheme != "http" && m.Scheme != "https" || m.Host == "" || m.RawQuery != "" {
		return fmt.Errorf("management URL %q: want https://, host and path, and nothing more",
			redact.Text(e.Management))
	}
	e.Management = strings.TrimRight(e.Management, "/")
	return nil
}
