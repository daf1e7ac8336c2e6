package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/cases"
	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// What a run checks, and the cases that it runs.
type (
	Target      = harness.Target
	Endpoint    = harness.Endpoint
	Credentials = harness.Credentials
	Case        = harness.Case
)

// Cases returns all cases, in the order in which reports list them.
func Cases() []Case { return cases.All() }

// Run runs the cases whose ID begins with filter, all of them if it is empty, and returns their
// results. It returns an error only if there is nothing to report: an invalid Target, an endpoint
// that cannot be reached, a filter that no case matches, or a context that has ended.
//
// Cases have connections of their own and run concurrently.
func Run(ctx context.Context, target Target, filter string) (*Report, error) {
	target, err := target.WithDefaults()
	if err != nil {
		return nil, err
	}
	selected := matching(Cases(), filter)
	if len(selected) == 0 {
		return nil, fmt.Errorf("no case begins with %q", filter)
	}
	transport := &http.Transport{TLSClientConfig: target.TLS, MaxIdleConnsPerHost: target.Parallel}
	defer transport.CloseIdleConnections()
	r := &runner{target: &target, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	report := &Report{
		URL: target.URL, TimeScale: target.TimeScale, Started: time.Now(),
		Results: make([]Result, len(selected)),
	}
	if first := r.try(ctx, reachable()); first.Outcome == Failed {
		return nil, fmt.Errorf("there is no probe at %s: %s", target.URL, first.Detail)
	}
	r.all(ctx, selected, report.Results)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	report.Took = time.Since(report.Started)
	return report, nil
}

// reachable is a case that passes if there is a probe at the endpoint.
func reachable() Case {
	return Case{Judged: true, Run: func(t *harness.T) { t.Dial().Ask("report") }}
}

// A runner runs cases against one target.
type runner struct {
	target *Target
	client *http.Client
}

// all runs cases: first the quick ones, some at a time, and then the slow ones all at once, which
// mostly wait.
func (r *runner) all(ctx context.Context, cases []Case, results []Result) {
	var quick, slow []int
	for i, c := range cases {
		switch reason := r.missing(c); {
		case reason != "":
			results[i] = Result{Case: c, Outcome: NotRun, Detail: reason}
		case c.Slow > 0:
			slow = append(slow, i)
		default:
			quick = append(quick, i)
		}
	}
	parallel(quick, r.target.Parallel, func(i int) { results[i] = r.try(ctx, cases[i]) })
	parallel(slow, len(slow), func(i int) { results[i] = r.trySlow(ctx, cases[i]) })
}

// parallel calls f with each of list, at most limit at a time, and waits for all.
func parallel(list []int, limit int, f func(i int)) {
	slots := make(chan struct{}, limit)
	var running sync.WaitGroup
	for _, i := range list {
		slots <- struct{}{}
		running.Go(func() { // ends with f
			defer func() { <-slots }()
			f(i)
		})
	}
	running.Wait()
}

// trySlow runs a slow case, and runs it again if it fails while this machine is too busy to keep
// to the times that the case measures.
func (r *runner) trySlow(ctx context.Context, c Case) Result {
	const attempts = 5
	tolerable := time.Duration(float64(harness.IntegrationTimeout) / r.target.TimeScale / 4)
	for n := 1; ; n++ {
		d := startStallDetector()
		result := r.try(ctx, c)
		stalled := d.stop()
		if result.Outcome != Failed || stalled <= tolerable || ctx.Err() != nil {
			return result
		}
		if n == attempts {
			result.Detail += fmt.Sprintf("; this program was kept from running for %v", stalled)
			return result
		}
	}
}

// missing says why a case cannot be run, "" if it can.
func (r *runner) missing(c Case) string {
	switch {
	case c.Needs&harness.NeedsBare != 0 && r.target.Bare == "":
		return "there is no bare deployment of the probe"
	case c.Needs&harness.NeedsCredentials != 0 && r.target.Credentials.AccessKeyID == "":
		return "there are no credentials"
	case c.Slow > 0 && r.target.TimeScale == 1 && !r.target.Slow:
		return fmt.Sprintf("it takes %v without a time scale", c.Slow)
	}
	return ""
}

// try runs one case.
func (r *runner) try(ctx context.Context, c Case) Result {
	start := time.Now()
	failed, detail := harness.Run(ctx, r.target, r.client, c)
	outcome := Noted
	if c.Judged && failed {
		outcome = Failed
	} else if c.Judged {
		outcome = Passed
	}
	return Result{Case: c, Outcome: outcome, Detail: detail, Took: time.Since(start)}
}

// matching returns the cases whose ID begins with prefix.
func matching(cases []Case, prefix string) []Case {
	return slices.DeleteFunc(cases, func(c Case) bool { return !strings.HasPrefix(c.ID, prefix) })
}
