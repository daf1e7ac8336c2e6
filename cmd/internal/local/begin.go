package local

import (
	"context"
	"io"
	"net/http"

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

// notYet answers requests before the project has started.
func notYet(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	// A client that has gone needs no answer.
	_, _ = io.WriteString(w, "the project has not started; the output of tyg local says why\n")
}
