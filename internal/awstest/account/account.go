// Package account has what the services of one AWS account share: its number and region, its
// clock, its identifiers, and how lists are paged.
package account

import (
	"fmt"
	"time"
)

// The region and the number of every account.
const (
	Region = "us-west-2"
	ID     = "123456789012"
)

// MaxTags is how many tags a resource can have, in all services.
// (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)
const MaxTags = 50

// An Account is the shared state of the services of an account. Its methods must not be called
// concurrently.
type Account struct {
	// Settle is how many polls a state lasts that AWS settles in its own time: after CreateRole
	// this many CreateFunction are refused, a function stays Pending for this many reads, and so
	// on. It is a count and never time. New sets 1. It must not change while requests are under
	// way.
	Settle int
	// PageSize is the most entries of a page, however many a client asks for. It is small, so that
	// a client that reads only the first page fails its tests. New sets 2. It must not change while
	// requests are under way.
	PageSize int

	clock time.Time
	ids   uint64
}

// New returns an account in which no time has passed.
func New() *Account {
	return &Account{
		Settle: 1, PageSize: 2, clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

// Now returns the account's time, and advances it by a second.
func (a *Account) Now() time.Time {
	a.clock = a.clock.Add(time.Second)
	return a.clock
}

// Pass lets time pass.
func (a *Account) Pass(d time.Duration) { a.clock = a.clock.Add(d) }

// NewID returns an identifier that was not used before: 10 characters, as API Gateway's are.
func (a *Account) NewID() string {
	a.ids++
	return fmt.Sprintf("a%09x", a.ids*0x9e3779b1&0xfffffffff)
}

// NewUUID returns an identifier in the form of a UUID that was not used before.
func (a *Account) NewUUID() string {
	a.ids++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", a.ids, a.ids)
}

// ARN returns the ARN of a resource of the account and region, such as
// "arn:aws:lambda:us-west-2:123456789012:function:x".
func ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, Region, ID, resource)
}

// Poll counts down the polls that a state still lasts, and reports whether it lasted for this one.
func Poll(left *int) bool {
	if *left <= 0 {
		return false
	}
	*left--
	return true
}

// Page returns those of all that follow token, at most limit if that is positive, at most
// a.PageSize, and the token of the next page, which is empty after the last. all must be sorted by
// name; a token is the name of the first entry of its page.
func Page[T any](
	a *Account, all []T, limit int64, token string, name func(T) string,
) (page []T, next string) {
	for len(all) > 0 && name(all[0]) < token {
		all = all[1:]
	}
	size := a.PageSize
	if limit > 0 && limit < int64(size) {
		size = int(limit)
	}
	if len(all) <= size {
		return all, ""
	}
	return all[:size], name(all[size])
}

// PageOfStrings is [Page] for strings, sorted by themselves.
func PageOfStrings(
	a *Account, all []string, limit int64, token string,
) (page []string, next string) {
	return Page(a, all, limit, token, func(s string) string { return s })
}
