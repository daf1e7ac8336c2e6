package functions

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"time"
)

// The defaults of a [Function].
const (
	DefaultTimeout     = 60 * time.Second
	DefaultInitTimeout = 10 * time.Second
	DefaultIdleTimeout = 5 * time.Minute
	DefaultConcurrency = 10
	DefaultMemorySize  = 128
)

// LatestVersion is the only version that a function has here, in the words of Lambda.
const LatestVersion = "$LATEST"

// A Function is a command that speaks the Lambda Runtime API, and how to run it. All fields but
// Name and Command may be zero.
type Function struct {
	// Name is the name by which the function is invoked: 1 to 64 letters, digits, "-" and "_".
	Name string

	// Command is the program and its arguments. A program without a slash is looked for in PATH, one
	// with a relative path below Dir.
	Command []string

	// Dir is the working directory. Empty means the one of this process.
	Dir string

	// Env is added to the environment, see [Host.Environ]. It wins over everything but
	// AWS_LAMBDA_RUNTIME_API.
	Env map[string]string

	// Handler is the value of _HANDLER, "bootstrap" by default. Programs with one handler ignore it.
	Handler string

	// Timeout is how long the function may take for one event, [DefaultTimeout] if zero. A process
	// that takes longer is killed. API Gateway itself waits for 29 seconds at most.
	Timeout time.Duration

	// InitTimeout is how long a process may take from its start until it asks for its first event,
	// [DefaultInitTimeout] if zero: Lambda's own limit.
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)
	InitTimeout time.Duration

	// IdleTimeout is how long a process may be without an event before it is ended,
	// [DefaultIdleTimeout] if zero, for ever if negative. One process always stays.
	IdleTimeout time.Duration

	// Concurrency limits the processes, and so the events that are handled at the same time. Zero
	// means [DefaultConcurrency].
	Concurrency int

	// Queue makes events wait that would fail for [Invocation.NoWait], because Concurrency is not a
	// limit that the function was given.
	Queue bool

	// MemorySize is the value of AWS_LAMBDA_FUNCTION_MEMORY_SIZE, in MB, [DefaultMemorySize] if
	// zero. It is not enforced.
	MemorySize int

	// Cold makes each event a cold start, with a process of its own.
	Cold bool

	// Freeze stops a process (SIGSTOP) while it has no event, as Lambda does, so that work after a
	// reply makes no progress. It does nothing where there is no such signal.
	Freeze bool
}

// check reports a mistake.
func (f *Function) check() error {
	switch {
	case !ValidName(f.Name):
		return fmt.Errorf("function %q: a name is 1 to 64 letters, digits, - and _", f.Name)
	case len(f.Command) == 0 || f.Command[0] == "":
		return fmt.Errorf("function %q: %w", f.Name, errNoCommand)
	case f.Timeout < 0 || f.InitTimeout < 0 || f.Concurrency < 0 || f.MemorySize < 0:
		return fmt.Errorf("function %q: timeouts, concurrency and memory must not be negative", f.Name)
	}
	return nil
}

var errNoCommand = errors.New("no command; name the program that speaks the Runtime API")

// withDefaults returns a copy that shares nothing with f and has the defaults in place of zeros.
func (f Function) withDefaults() Function {
	f.Command = append([]string(nil), f.Command...)
	f.Env = maps.Clone(f.Env)
	f.Handler = cmp.Or(f.Handler, "bootstrap")
	f.Timeout = cmp.Or(f.Timeout, DefaultTimeout)
	f.InitTimeout = cmp.Or(f.InitTimeout, DefaultInitTimeout)
	f.IdleTimeout = cmp.Or(f.IdleTimeout, DefaultIdleTimeout)
	f.Concurrency = cmp.Or(f.Concurrency, DefaultConcurrency)
	f.MemorySize = cmp.Or(f.MemorySize, DefaultMemorySize)
	return f
}

// maxName is how long the name of a function may be.
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html)
const maxName = 64

// ValidName reports whether s can be the name of a function: 1 to 64 letters, digits, "-" and "_".
func ValidName(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxName
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_'
}
