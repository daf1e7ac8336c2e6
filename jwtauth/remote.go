package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// How often the issuer is asked: by the clock, and at most because of tokens with unknown keys.
const (
	refreshEvery = time.Hour
	retryEvery   = time.Minute // after a failure
	wishAfter    = 30 * time.Second
	rewishAfter  = 5 * time.Second // after a failure
)

const (
	fetchTimeout = 10 * time.Second
	maxKeySet    = 1 << 20 // bytes
)

// remote are the keys of an issuer, as of the last time it could be asked.
type remote struct {
	// static after construction
	url    string
	client *http.Client
	log    *slog.Logger
	wake   chan struct{} // holds one wish, which stands for all

	mu      sync.Mutex // guards the rest
	keys    []key
	err     error         // of the last fetch
	fetched time.Time     // when the last fetch ended
	pending chan struct{} // closed when the fetch that is due or under way has ended; nil if none
	stopped bool
}

func startRemote(ctx context.Context, url string, c *http.Client, log *slog.Logger) *remote {
	s := &remote{
		url:     url,
		client:  c,
		log:     log,
		wake:    make(chan struct{}, 1),
		pending: make(chan struct{}),
	}
	// It is stopped by ctx. Nobody waits for it: it holds nothing that others need.
	go s.run(ctx)
	return s
}

func (s *remote) run(ctx context.Context) {
	defer s.stop()
	for ctx.Err() == nil {
		pause := refreshEvery
		if err := s.refresh(ctx); err != nil {
			pause = retryEvery
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-s.wake:
		}
	}
}

// refresh replaces the keys, or keeps them if the issuer cannot be asked.
func (s *remote) refresh(ctx context.Context) error {
	s.begin()
	keys, err := s.fetch(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Error("fetch of JWKS failed", "err", err)
	}
	s.finish(keys, err)
	return err
}

func (s *remote) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = make(chan struct{})
	}
}

func (s *remote) fetch(ctx context.Context) ([]key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch JWKS: the answer is %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	if len(body) > maxKeySet {
		return nil, fmt.Errorf("fetch JWKS: the answer is over %d bytes", maxKeySet)
	}
	return parseSet(body)
}

func (s *remote) finish(keys []key, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.keys = keys
	}
	s.err, s.fetched = err, time.Now()
	close(s.pending)
	s.pending = nil
}

func (s *remote) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.err == nil {
		s.err = errors.New("the context of jwtauth.New has ended")
	}
	if s.pending != nil {
		close(s.pending)
		s.pending = nil
	}
}

func (s *remote) find(ctx context.Context, alg, kid string) ([]jwt.VerificationKey, error) {
	if found := s.match(alg, kid); len(found) > 0 {
		return found, nil
	}
	if err := s.update(ctx); err != nil {
		return nil, &keysError{err}
	}
	if found := s.match(alg, kid); len(found) > 0 {
		return found, nil
	}
	return nil, errNoKey
}

// match returns the keys of that id. A token without one is good only where there is no choice
// (OpenID Connect Core 1.0 section 10.1).
func (s *remote) match(alg, kid string) []jwt.VerificationKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []jwt.VerificationKey
	for _, k := range s.keys {
		if (kid == "" || k.id == kid) && k.fits(alg) {
			found = append(found, k.public)
		}
	}
	if kid == "" && len(found) > 1 {
		return nil
	}
	return found
}

// update waits for a fetch, unless it is too soon for another. It returns the error of the last
// one.
func (s *remote) update(ctx context.Context) error {
	if pending := s.wish(); pending != nil {
		select {
		case <-pending:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// wish asks for a fetch and returns what is closed when it has ended, nil if there will be none:
// tokens of strangers must not make us ask the issuer all the time.
func (s *remote) wish() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != nil || s.stopped {
		return s.pending
	}
	rest := wishAfter
	if s.err != nil {
		rest = rewishAfter
	}
	if time.Since(s.fetched) < rest {
		return nil
	}
	s.pending = make(chan struct{})
	select {
	case s.wake <- struct{}{}:
	default: // one is there already
	}
	return s.pending
}
