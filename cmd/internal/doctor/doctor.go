// Package doctor is "tyg doctor": it looks at what tyg needs of a machine and of a project, and
// says how to repair what is missing.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"
)

// A Status says whether a check found what tyg needs.
type Status string

// The statuses. Only Fail means that something will not work.
const (
	OK   Status = "ok"
	Warn Status = "warn" // something is slower, or does not work if it is needed
	Fail Status = "fail"
)

// A Finding is the result of one check.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"` // what to do, unless the status is OK
}

// Patience is how long each check may take.
const Patience = 2 * time.Second

// A Doctor looks at one machine and one project. All fields but Patience must be set.
type Doctor struct {
	Dir    string // of the project
	Addr   string // that tyg local would listen on
	Getenv func(string) string
	HTTP   *http.Client
	Now    func() time.Time

	Patience time.Duration // for each check; 0 means the constant
}

// A check is one question. Its name is that of the finding.
type check struct {
	name string
	run  func(*Doctor, context.Context) Finding
}

// checks are in the order in which they are printed.
func checks() []check {
	return []check{
		{"files", (*Doctor).files},
		{"kernel", (*Doctor).kernel},
		{"port", (*Doctor).port},
		{"go", (*Doctor).toolchain},
		{"configuration", (*Doctor).configuration},
		{"gateway configuration", (*Doctor).gatewayConfiguration},
		{"template", (*Doctor).template},
		{"nats", (*Doctor).nats},
		{"aws", (*Doctor).aws},
		{"clock", (*Doctor).clock},
	}
}

// Examine runs all checks at the same time, each for at most [Patience], and passes the findings on
// in order. A check that does not end in time is a warning, and goes on in the background.
func (d *Doctor) Examine(ctx context.Context, found func(Finding)) {
	patience := cmp.Or(d.Patience, Patience)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all := checks()
	results := make([]chan Finding, len(all))
	for i, c := range all {
		results[i] = make(chan Finding, 1)
		go func() { results[i] <- c.run(d, ctx) }() // ends with ctx, or after its system call
	}
	for i, c := range all {
		f := Finding{
			Status: Warn, Detail: fmt.Sprintf("no result within %v", patience),
			Fix: "run tyg doctor again; if it stays so, a disk or network of this machine hangs",
		}
		select {
		case f = <-results[i]:
		case <-ctx.Done():
			select { // results that came in time are not lost behind a slow one
			case f = <-results[i]:
			case <-time.After(patience / 20):
			}
		}
		f.Check = c.name
		found(f)
	}
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Detail: fmt.Sprintf(format, args...)}
}

func warn(fix, format string, args ...any) Finding {
	return Finding{Status: Warn, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

func fail(fix, format string, args ...any) Finding {
	return Finding{Status: Fail, Detail: fmt.Sprintf(format, args...), Fix: fix}
}
