package conformance

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// An Endpoint is where a deployment of the probe application is.
type Endpoint struct {
	// URL is that of the WebSocket, such as wss://example.com/api.
	URL string

	// Management is that of the @connections API, without "/@connections". Empty means the same as
	// URL, with https in place of wss.
	Management string
}

// Credentials are what calls of the @connections API are signed with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for keys of a user
}

// A Target is what is checked, and how. Only Endpoint.URL is needed.
type Target struct {
	Endpoint

	// Bare is the URL of another deployment of the probe, with PROBE_VARIANT=bare. Without it, the
	// cases about missing routes are not run.
	Bare string

	// Timed is a deployment on which time limits pass TimeScale times faster, for the cases about
	// them. The zero Timed means that it is Endpoint.
	Timed Endpoint

	// TimeScale is how many times faster than at API Gateway the time limits pass: with 600, ten
	// minutes are a second. Zero means 1.
	TimeScale float64

	// Slow runs the cases about time limits although TimeScale is 1. They take two hours.
	Slow bool

	// Credentials sign the calls. Without them calls carry a signature of nobody's, which only a
	// server for development accepts, and the cases about wrong signatures are not run.
	Credentials Credentials

	// Region is the region that signatures are for, us-east-1 by default.
	Region string

	// TLS is how to trust the endpoint; nil means as the system does. It is not changed.
	TLS *tls.Config

	// Parallel is how many cases run at the same time, 8 by default.
	Parallel int

	// Patience is how long to wait for anything that should happen at once, 10 seconds by default.
	Patience time.Duration
}

// withDefaults returns t with all that was left out, or says what is wrong with it.
func (t Target) withDefaults() (Target, error) {
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

// schemes are those of URLs of WebSockets, and what they are for management.
func schemes() map[string]string {
	return map[string]string{"ws": "http", "wss": "https", "http": "http", "https": "https"}
}

// complete checks an Endpoint and finds out its Management.
func (e *Endpoint) complete() error {
	u, err := url.Parse(e.URL)
	if err != nil {
		return fmt.Errorf("parse URL: %w", err)
	}
	scheme := schemes()[u.Scheme]
	if scheme == "" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("URL %q: want ws:// or wss://, host and path, and nothing more", e.URL)
	}
	e.URL = strings.TrimRight(e.URL, "/")
	if e.Management == "" {
		u.Scheme = scheme
		e.Management = u.String()
	}
	m, err := url.Parse(e.Management)
	if err != nil {
		return fmt.Errorf("parse management URL: %w", err)
	}
	if m.Scheme != "http" && m.Scheme != "https" || m.Host == "" || m.RawQuery != "" {
		return fmt.Errorf("management URL %q: want https://, host and path, and nothing more",
			e.Management)
	}
	e.Management = strings.TrimRight(e.Management, "/")
	return nil
}
