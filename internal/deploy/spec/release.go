package spec

import (
	"fmt"
	"regexp"
	"strconv"
)

// LiveAlias is the alias by which events reach the live release of a function.
const LiveAlias = "live"

// MaxReleases is how many releases may be kept. Each has the code of all functions, and the code of
// an account may have 75 GB.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const MaxReleases = 100

// A Release is what one deploy has published: a version of each function, all of which have its
// text as their description.
type Release struct {
	Number int    // 1 and up; 0: none
	Commit string // of the project, empty if it is not known
}

// commitPattern is a hash of Git, and the mark of what was not committed.
const commitPattern = `[0-9a-f]{7,64}(?:\+changes)?`

var releasePattern = regexp.MustCompile(`^tyg release ([1-9][0-9]{0,8})(?: of (` + commitPattern +
	`))?$`)

// String returns the description of its versions.
func (r Release) String() string {
	if r.Commit == "" {
		return fmt.Sprintf("tyg release %d", r.Number)
	}
	return fmt.Sprintf("tyg release %d of %s", r.Number, r.Commit)
}

// ParseRelease returns the release that a description names. Its number is 0 if that is not the
// text of a release.
func ParseRelease(description string) Release {
	parts := releasePattern.FindStringSubmatch(description)
	if parts == nil {
		return Release{}
	}
	number, _ := strconv.Atoi(parts[1]) // digits only
	return Release{number, parts[2]}
}

// Qualifier returns the alias by which events reach the functions. Empty means the functions
// themselves: what was deployed last.
func (a Application) Qualifier() string {
	if a.Releases > 0 {
		return LiveAlias
	}
	return ""
}

// Target returns the ARN by which events reach a function, by its logical name.
func (a Application) Target(account Account, logical string) string {
	return Qualified(account.FunctionARN(a.FunctionName(logical)), a.Qualifier())
}

// Qualified returns a name or an ARN of a function with a qualifier, if there is one.
func Qualified(function, qualifier string) string {
	if qualifier == "" {
		return function
	}
	return function + ":" + qualifier
}

// releases checks what the application says of releases.
func (c *Checker) releases(a Application) {
	c.Want(a.Releases >= 0 && a.Releases <= MaxReleases,
		"releases is %d: it must be 0 to %d", a.Releases, MaxReleases)
	c.Want(a.Canary == 0 || a.Releases > 0,
		"--canary needs releases, and the stage has \"releases\": 0")
	c.Want(a.Canary >= 0 && a.Canary < 1,
		"the share of the canary is %v: it must be below 1", a.Canary)
}
