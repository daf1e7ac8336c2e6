package conformance

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Run runs the cases whose ID begins with filter, all of them if it is empty, and returns what
// came of each. It returns an error only if there is nothing to report: a Target that makes no
// sense, an endpoint that cannot be reached, a filter that no case matches, or a context that
// has ended.
//
// Cases have connections of their own and run at the same time.
func Run(ctx context.Context, target Target, filter string) (*Report, error) {
	target, err := target.withDefaults()
	if err != nil {
		return nil, err
	}
	cases := matching(Cases(), filter)
	if len(cases) == 0 {
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
		Results: make([]Result, len(cases)),
	}
	if first := r.try(ctx, reachable()); first.Outcome == Failed {
		return nil, fmt.Errorf("there is no probe at %s: %s", target.URL, first.Detail)
	}
	r.all(ctx, cases, report.Results)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	report.Took = time.Since(report.Started)
	return report, nil
}

// reachable is the case without which no other makes sense.
func reachable() Case {
	return judged("", "", "", func(t *trial) { t.dial().ask("report") })
}

// A runner runs cases against one target.
type runner struct {
	target *Target
	client *http.Client
}

// all runs cases: first the quick ones, some at the same time, and then the slow ones together,
// which mostly wait and should not be kept from it.
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
	together(quick, r.target.Parallel, func(i int) { results[i] = r.try(ctx, cases[i]) })
	together(slow, len(slow), func(i int) { results[i] = r.insist(ctx, cases[i]) })
}

// together calls f with each of list, a few at the same time, and waits for all.
func together(list []int, few int, f func(i int)) {
	places := make(chan struct{}, few)
	var running sync.WaitGroup
	for _, i := range list {
		places <- struct{}{}
		running.Go(func() { // ends with f
			defer func() { <-places }()
			f(i)
		})
	}
	running.Wait()
}

// insist runs a slow case, and runs it again if it fails while this machine is too busy to keep
// to the times that the case is about.
func (r *runner) insist(ctx context.Context, c Case) Result {
	const attempts = 5
	tolerable := time.Duration(float64(integration) / r.target.TimeScale / 4)
	for n := 1; ; n++ {
		w := startWatch()
		result := r.try(ctx, c)
		held := w.end()
		if result.Outcome != Failed || held <= tolerable || ctx.Err() != nil {
			return result
		}
		if n == attempts {
			result.Detail += fmt.Sprintf("; this program was kept from running for %v", held)
			return result
		}
	}
}

// missing says why a case cannot be run, or nothing.
func (r *runner) missing(c Case) string {
	switch {
	case c.needs&needsBare != 0 && r.target.Bare == "":
		return "there is no bare deployment of the probe"
	case c.needs&needsKeys != 0 && r.target.Credentials.AccessKeyID == "":
		return "there are no credentials"
	case c.Slow > 0 && r.target.TimeScale == 1 && !r.target.Slow:
		return fmt.Sprintf("it takes %v without a time scale", c.Slow)
	}
	return ""
}

// try runs one case, on a goroutine of its own, which failf ends.
func (r *runner) try(ctx context.Context, c Case) Result {
	slow := time.Duration(float64(c.Slow) / r.target.TimeScale)
	// A case waits for few things, each with patience.
	ctx, cancel := context.WithTimeout(ctx, 2*slow+6*r.target.Patience)
	defer cancel()
	t := &trial{
		ctx: ctx, target: r.target, client: r.client, endpoint: r.target.Endpoint, verdict: new(verdict),
	}
	if c.Slow > 0 {
		t.endpoint = r.target.Timed
	}
	if c.needs&needsBare != 0 {
		t.endpoint.URL = r.target.Bare
	}
	start := time.Now()
	done := make(chan struct{})
	go func() { // try waits for it
		defer close(done)
		defer t.end()
		c.run(t)
	}()
	<-done
	if !c.Judged {
		t.outcome = Noted
	}
	return Result{Case: c, Outcome: t.outcome, Detail: t.detail, Took: time.Since(start)}
}
