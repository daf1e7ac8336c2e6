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

// How often the keys are fetched: at regular intervals, and at most for tokens with unknown keys.
const (
	refreshEvery               = time.Hour
	retryEvery                 = time.Minute // after a failure
	minFetchInterval           = 30 * time.Second
	minFetchIntervalAfterError = 5 * time.Second // after a failure
)

const (
	fetchTimeout = 10 * time.Second
	maxKeySet    = 1 << 20 // bytes
)

// remoteKeys are the keys of an issuer, as of the last fetch that succeeded.
type remoteKeys struct {
	// static after construction
	url    string
	client *http.Client
	log    *slog.Logger
	wake   chan struct{} // holds at most one request for a fetch

	mu      sync.Mutex // guards the rest
	keys    []key
	err     error         // of the last fetch
	fetched time.Time     // when the last fetch ended
	pending chan struct{} // closed when the fetch that is due or under way has ended; nil if none
	stopped bool
}

func startRemoteKeys(
	ctx context.Context, url string, c *http.Client, log *slog.Logger,
) *remoteKeys {
	s := &remoteKeys{
		url:     url,
		client:  c,
		log:     log,
		wake:    make(chan struct{}, 1),
		pending: make(chan struct{}),
	}
	// ends with ctx; it holds no resources, so nothing waits for it
	go s.run(ctx)
	return s
}

func (s *remoteKeys) run(ctx context.Context) {
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

// refresh replaces the keys, or keeps them if the fetch fails.
func (s *remoteKeys) refresh(ctx context.Context) error {
	s.begin()
	keys, err := s.fetch(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Error("fetch of JWKS failed", "err", err)
	}
	s.finish(keys, err)
	return err
}

func (s *remoteKeys) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = make(chan struct{})
	}
}

func (s *remoteKeys) fetch(ctx context.Context) ([]key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("User-Agent", "tyg")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch JWKS: status %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	if len(body) > maxKeySet {
		return nil, fmt.Errorf("fetch JWKS: the response has more than %d bytes", maxKeySet)
	}
	return parseSet(body)
}

func (s *remoteKeys) finish(keys []key, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.keys = keys
	}
	s.err, s.fetched = err, time.Now()
	close(s.pending)
	s.pending = nil
}

func (s *remoteKeys) stop() {
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

func (s *remoteKeys) find(ctx context.Context, alg, kid string) ([]jwt.VerificationKey, error) {
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

// match returns the keys with the id. A token without an id is accepted only if one key fits
// (OpenID Connect Core 1.0 section 10.1).
func (s *remoteKeys) match(alg, kid string) []jwt.VerificationKey {
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
// fetch.
func (s *remoteKeys) update(ctx context.Context) error {
	if pending := s.requestFetch(); pending != nil {
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

// requestFetch requests a fetch and returns a channel that is closed when it has ended, or nil if
// the last fetch was too recent: clients with unknown tokens must not cause a fetch each.
func (s *remoteKeys) requestFetch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != nil || s.stopped {
		return s.pending
	}
	interval := minFetchInterval
	if s.err != nil {
		interval = minFetchIntervalAfterError
	}
	if time.Since(s.fetched) < interval {
		return nil
	}
	s.pending = make(chan struct{})
	select {
	case s.wake <- struct{}{}:
	default: // there is a request already
	}
	return s.pending
}
