package functions

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// DefaultQueue is how many events may wait for a process of one function.
const DefaultQueue = 10_000

// A Host runs functions. Set its fields before the first call of a method and do not change them
// after; all may be left zero. All methods may be called at the same time.
type Host struct {
	// Environ is the environment to which Lambda's variables are added, in the form of os.Environ.
	// Nil means the environment of this process, as in exec.Cmd.
	//
	// Later ones win: Environ, the variables of Lambda, Env, [Function.Env], and last
	// AWS_LAMBDA_RUNTIME_API.
	Environ []string

	// Env is added to the environment of all functions.
	Env map[string]string

	// Region is what functions find in AWS_REGION and in ARNs, "us-east-1" by default.
	Region string

	// AccountID is the account in ARNs, twelve zeros by default.
	AccountID string

	// Credentials is what functions sign with. If it is zero, they find what Environ has.
	Credentials Credentials

	// ManagementEndpoint is where the @connections API is, with the stage:
	// "http://127.0.0.1:8000/api". Functions find it in AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI,
	// which AWS SDKs obey, and in TYG_GROUPS_ENDPOINT, by which package lambda finds their groups and
	// values. Empty sets nothing.
	ManagementEndpoint string

	// API serves what is at ManagementEndpoint, for functions of package lambda: at the address of
	// their Runtime API, with a token in place of a signature, which takes a third of the time. They
	// find it in TYG_DIRECT_ENDPOINT, unless their own variables name another endpoint. Nil serves
	// nothing.
	API http.Handler

	// InvokeEndpoint is where Lambda's Invoke API for these functions is: "http://127.0.0.1:8000".
	// Functions find it in TYG_INVOKE_ENDPOINT, which package lambda obeys when a function invokes
	// itself; AWS SDKs do not, so calls of other functions go to AWS. Empty sets nothing.
	InvokeEndpoint string

	// Output gets each line that functions write. It is called in order for one process, and at the
	// same time for several. While it runs its process waits, and it must not call the Host. Nil
	// drops the lines; an error still has the last lines of its process.
	Output func(Line)

	// Shown means that a person sees all that Output gets beside the errors: they leave out what the
	// function has written already.
	Shown bool

	// Reports adds Lambda's START, END and REPORT lines to the output.
	Reports bool

	// Warn gets warnings: mostly of what works here and will not on Lambda. It is called as Output
	// is. Nil drops the warnings.
	Warn func(Warning)

	// Started is called before an event is given to a function, with the context of Invoke. It is
	// called at the same time for several events. Nil is not called.
	Started func(context.Context, Start)

	// Queue is how many events may wait for a process of one function before Invoke fails with
	// [ErrThrottled], [DefaultQueue] if zero. It limits the events of [Host.Enqueue] too.
	Queue int

	// RetryDelay is the time from a failure to the first retry of an event of [Host.Enqueue]. The
	// second retry waits twice as long. Zero means a minute, as at Lambda.
	RetryDelay time.Duration

	once        sync.Once
	lifetime    context.Context // ends with Shutdown
	endLifetime context.CancelFunc
	deploying   chan struct{} // holds a token while a Deploy or Remove runs

	mu      sync.Mutex
	pools   map[string]*pool
	procs   map[*process]struct{} // that have not exited
	closed  bool
	pending int            // events of Enqueue
	work    sync.WaitGroup // processes and events of Enqueue
}

// A Start is an event that a function is about to get.
type Start struct {
	Function  string
	RequestID string // in the lines of the event's output
	TraceID   string // in the header X-Amzn-Trace-Id of calls that AWS SDKs make for the event
}

// Credentials are what a function finds in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN. The token may be empty.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// setup makes the zero Host work.
func (h *Host) setup() {
	h.once.Do(func() {
		h.lifetime, h.endLifetime = context.WithCancel(context.Background())
		h.deploying = make(chan struct{}, 1)
		h.pools = make(map[string]*pool)
		h.procs = make(map[*process]struct{})
	})
}

// Invoke has a function handle one event and waits for the outcome. The package documentation lists
// the errors. With all of them Result.RequestID is set, and with a failure of the function
// Result.Payload too.
//
// When ctx ends, Invoke returns its error at once. The function continues until it is done or its
// own timeout passes, and its reply is discarded.
func (h *Host) Invoke(ctx context.Context, inv Invocation) (Result, error) {
	if err := inv.check(MaxPayload); err != nil {
		return Result{RequestID: inv.RequestID}, err
	}
	p, err := h.pool(inv.Function)
	if err != nil {
		return Result{RequestID: inv.RequestID}, err
	}
	if err := ctx.Err(); err != nil {
		return Result{RequestID: inv.RequestID}, err
	}
	c := newCall(inv)
	if h.Started != nil || inv.TraceParent != "" {
		c.trace = runtimeapi.NewTraceID(time.Now(), inv.TraceParent)
	}
	if h.Started != nil {
		h.Started(ctx, Start{Function: inv.Function, RequestID: inv.RequestID, TraceID: c.trace})
	}
	proc, err := p.dispatch(c)
	if err != nil {
		return Result{RequestID: inv.RequestID}, err
	}
	if proc != nil {
		proc.writeEvent(c)
	}
	return p.wait(ctx, c)
}

// pool returns the pool of a function that takes events.
func (h *Host) pool(name string) (*pool, error) {
	h.setup()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fmt.Errorf("invoke %q: %w", name, ErrShutdown)
	}
	p := h.pools[name]
	if p == nil {
		return nil, fmt.Errorf("invoke %q: %w", name, ErrNotFound)
	}
	return p, nil
}

// runProcess runs a process in a goroutine, for whose end Shutdown waits. It returns false if the
// Host is shut down.
func (h *Host) runProcess(p *process) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.procs[p] = struct{}{}
	h.work.Go(func() {
		p.run()
		h.mu.Lock()
		delete(h.procs, p)
		h.mu.Unlock()
	})
	return true
}

// Integration returns an Integration that invokes the function of that name, in the version that is
// deployed when an event comes.
func (h *Host) Integration(name string) Integration { return hostIntegration{h, name} }

// hostIntegration is a function of a Host.
type hostIntegration struct {
	host *Host
	name string
}

func (f hostIntegration) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := f.host.Invoke(ctx, Invocation{
		Function: f.name, Payload: payload, TraceParent: traceParent(ctx),
	})
	if err != nil {
		return nil, err
	}
	return r.Payload, nil
}

// Names returns the names of all functions, sorted.
func (h *Host) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.pools))
}

// Stats returns the counts of a function, and whether there is such a function.
func (h *Host) Stats(name string) (Stats, bool) {
	p, err := h.pool(name)
	if err != nil {
		return Stats{}, false
	}
	return p.stats(), true
}

// Shutdown ends all processes. New events and events that wait fail with [ErrShutdown] at once.
// Processes may finish the events that they have until ctx ends; then they are killed, and Shutdown
// returns the error of ctx. Idle processes get SIGTERM, and SIGKILL half a second later. When
// Shutdown returns, no process is left.
func (h *Host) Shutdown(ctx context.Context) error {
	h.setup()
	h.mu.Lock()
	h.closed = true
	pools := slices.Collect(maps.Values(h.pools))
	h.mu.Unlock()
	h.endLifetime()
	for _, p := range pools {
		p.close(ErrShutdown)
	}
	done := make(chan struct{})
	go func() { // ends with the processes, which are killed below at the latest
		h.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	h.abortProcesses()
	<-done
	return fmt.Errorf("shut down functions: events were cut off: %w", ctx.Err())
}

// abortProcesses kills all processes.
func (h *Host) abortProcesses() {
	h.mu.Lock()
	procs := slices.Collect(maps.Keys(h.procs))
	h.mu.Unlock()
	for _, p := range procs {
		p.abort(ErrShutdown)
	}
}

func (h *Host) queue() int { return cmp.Or(h.Queue, DefaultQueue) }

func (h *Host) warn(w Warning) {
	if h.Warn != nil {
		h.Warn(w)
	}
}
