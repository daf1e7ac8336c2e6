package functions

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

var (
	// ErrNotFound means that there is no function of that name.
	ErrNotFound = errors.New("function not found")

	// ErrThrottled means that all processes of a function are busy, no more may be started, and the
	// event cannot wait: the queue is full, NoWait is set, or its context ended while it waited. In
	// the last case the error is the context's error too.
	ErrThrottled = errors.New("all processes of the function are busy")

	// ErrTooLarge means that a payload is over Lambda's limit.
	ErrTooLarge = errors.New("payload is too large")

	// ErrShutdown means that the Host is shut down.
	ErrShutdown = errors.New("the functions are shut down")
)

// A FunctionError is a failure that the function itself reported.
type FunctionError struct {
	Function string
	Type     string   // in the function's words; may be empty
	Message  string   // may be empty
	Stack    []string // may be empty
	Payload  []byte   // the whole report, as it came
	Init     bool     // before the first event

	// Logged means that Host.Output has shown the message already, because the process wrote it, as
	// many runtimes do, with the stack.
	Logged bool
}

// Error returns the type and the message, and the stack unless the failure is Logged.
func (e *FunctionError) Error() string {
	text := fmt.Sprintf("function %q failed%s", e.Function, duringInit(e.Init))
	for _, part := range []string{e.Type, e.Message} {
		if part != "" {
			text += ": " + part
		}
	}
	if e.Logged {
		return text
	}
	return text + withLines(e.Stack)
}

// An ExitError means that a process exited before it replied.
type ExitError struct {
	Function string
	Status   string   // "exit status 1", "signal: killed"
	Code     int      // of the exit; -1 after a signal
	Stderr   []string // the last lines that the process wrote to stderr, oldest first
	Init     bool     // before the first event
	Logged   bool     // Host.Output has shown the lines already
}

// Error returns the status, and the last lines unless they are Logged.
func (e *ExitError) Error() string {
	text := fmt.Sprintf("function %q exited%s: %s", e.Function, duringInit(e.Init), e.Status)
	if e.Logged {
		return text
	}
	return text + withLines(e.Stderr)
}

// A TimeoutError means that a process took too long and was killed. It is not
// context.DeadlineExceeded, which means that the caller stopped waiting.
type TimeoutError struct {
	Function string
	Limit    time.Duration
	Stderr   []string // the last lines that the process wrote to stderr, oldest first
	Init     bool     // before the first event
	Logged   bool     // Host.Output has shown the lines already
}

// Error returns the limit, and the last lines unless they are Logged.
func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("function %q timed out after %v", e.Function, e.Limit)
	if e.Init {
		text = fmt.Sprintf("function %q did not ask for an event within %v of its start",
			e.Function, e.Limit)
	}
	if e.Logged {
		return text
	}
	return text + withLines(e.Stderr)
}

// A StartError means that a command could not be started. Err wraps exec.ErrNotFound,
// fs.ErrPermission or the like.
type StartError struct {
	Function string
	Command  string
	Err      error
}

// Error says what to do about it.
func (e *StartError) Error() string {
	return fmt.Sprintf("start function %q: %v%s", e.Function, e.Err, advice(e.Err))
}

// Unwrap returns e.Err.
func (e *StartError) Unwrap() error { return e.Err }

func duringInit(init bool) string {
	if init {
		return " at start"
	}
	return ""
}

// withLines returns the last lines of a process, to be put below a message about it.
func withLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	var b strings.Builder
	for _, line := range lines {
		line = strings.TrimRight(line, "\n") // those of Python's stacks have line feeds of their own
		b.WriteString("\n\t" + strings.ReplaceAll(line, "\n", "\n\t"))
	}
	return b.String()
}

// advice says what to do about a command that does not start.
func advice(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Op == "chdir" {
		return ""
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "; install it, or give its path"
	case errors.Is(err, fs.ErrNotExist):
		return "; build it first, or correct the path"
	case errors.Is(err, fs.ErrPermission):
		return "; make it executable (chmod +x)"
	case errors.Is(err, syscall.ENOEXEC):
		return "; build it for this machine, or begin a script with #!"
	}
	return ""
}

func newFunctionError(function string, f *runtimeapi.Failure) *FunctionError {
	return &FunctionError{
		Function: function, Type: f.Type, Message: f.Message, Stack: f.Stack, Payload: f.Payload,
	}
}

// errorPayload returns the payload of the Invoke API for a failure of the function, else nil.
// (https://github.com/aws/aws-lambda-runtime-interface-emulator)
func errorPayload(err error, id string) []byte {
	if e, ok := errors.AsType[*FunctionError](err); ok {
		return e.Payload
	}
	payload := func(kind, text string) []byte {
		return runtimeapi.ErrorJSON(kind, "RequestId: "+id+" Error: "+text)
	}
	if e, ok := errors.AsType[*TimeoutError](err); ok {
		return payload("Sandbox.Timedout",
			fmt.Sprintf("Task timed out after %.2f seconds", e.Limit.Seconds()))
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		if e.Code == 0 {
			return payload("Runtime.ExitError", "Runtime exited without providing a reason")
		}
		return payload("Runtime.ExitError", "Runtime exited with error: "+e.Status)
	}
	if e, ok := errors.AsType[*StartError](err); ok {
		return payload("Runtime.InvalidEntrypoint", e.Err.Error())
	}
	return nil
}
