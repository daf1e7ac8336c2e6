package conformance_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/conformance"
)

// TestEndlessAnswersEnd has an endpoint whose answers to calls have no end.
func TestEndlessAnswersEnd(t *testing.T) {
	t.Parallel()
	const most = 64 << 20
	var sent atomic.Int64
	s := &gateway.Server{Handler: probelib.New(), Secrets: secrets()}
	at := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/@connections/") {
			s.ServeHTTP(w, r)
			return
		}
		piece := make([]byte, 64<<10)
		for sent.Load() < most {
			n, err := w.Write(piece)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	report, err := conformance.Run(t.Context(), conformance.Target{
		Endpoint: at, Credentials: credentials(),
	}, "post/200")
	if err != nil {
		t.Fatal(err)
	}
	r := report.Results[0]
	if r.Outcome != conformance.Failed || !strings.Contains(r.Detail, "over 1 MB") {
		t.Errorf("the case ended with %v: %s", r.Outcome, r.Detail)
	}
	if sent.Load() >= most {
		t.Errorf("all %d bytes were taken", sent.Load())
	}
}
