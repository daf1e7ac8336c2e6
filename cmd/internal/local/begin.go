package local

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/watch"
)

// begin loads the project for the first time. If that fails, begin reports why, calls serve, so
// that clients are told, and tries again after each change of a file, until ctx ends. Without
// reload the failure is the error.
func (s *server) begin(ctx context.Context, serve func()) error {
	if s.cfg.NoReload {
		_, err := s.load(ctx)
		return s.explain(ctx, err)
	}
	w, err := watch.New()
	if err != nil {
		return err
	}
	defer w.Close()
	for {
		// Before it loads, so that no change is lost.
		pointed := s.point(ctx, w)
		_, err := s.load(ctx)
		if err == nil {
			return nil
		}
		err = s.explain(ctx, err)
		if pointed != nil || ctx.Err() != nil {
			return err
		}
		s.out.waiting(err)
		serve()
		if _, err := w.Wait(ctx); err != nil {
			return err
		}
	}
}

// bodyTime is how long a client may take to send a body that no handler reads.
const bodyTime = time.Second

// notYet answers requests before the project has started.
func notYet(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	// The server reads the body before it sends the answer; one that does not come ends the
	// connection, which is closed in any case.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusServiceUnavailable)
	// A client that has gone needs no answer.
	_, _ = io.WriteString(w, "the project has not started; the output of tyg local says why\n")
}
