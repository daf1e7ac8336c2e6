package function

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Releases are the versions of one function, and where its alias leads.
type Releases struct {
	Name     string    // as the project calls the function
	Versions []Version // the newest first

	client   client
	function string // on AWS
	alias    *foundAlias
}

// A Version is a published version.
type Version struct {
	Number    string // by which Lambda calls it
	Release   spec.Release
	CodeHash  string // Lambda's CodeSha256
	Published time.Time
	Share     float64 // of the events, 0 to 1
}

// FindReleases returns the releases of a function in the state. It reads only.
func FindReleases(
	ctx context.Context, cfg aws.Config, fn plan.Resource,
) (Releases, error) {
	c := client{lambda.NewFromConfig(cfg), cfg, spec.MaxDirect}
	out := Releases{Name: fn.Name, client: c, function: fn.FunctionName}
	versions, err := c.findVersions(ctx, fn.FunctionName)
	if err != nil {
		return out, err
	}
	aliases, err := c.findAliases(ctx, fn.FunctionName)
	if err != nil {
		return out, err
	}
	if fn.Alias != "" { // else events reach the function without it
		out.alias = (foundFunction{aliases: aliases}).live()
	}
	for _, v := range versions {
		out.Versions = append(out.Versions, Version{
			v.number, v.release, v.content.code, v.published, out.share(v.number),
		})
	}
	return out, nil
}

// share returns the share of the events that a version gets.
func (r Releases) share(number string) float64 {
	switch {
	case r.alias == nil:
		return 0
	case r.alias.version == number:
		return 1 - r.alias.share
	case r.alias.canary == number:
		return r.alias.share
	}
	return 0
}

// HasAlias reports whether events reach the function by an alias.
func (r Releases) HasAlias() bool { return r.alias != nil }

// Live returns the version that gets all events, or all but those of the canary. Without an alias,
// and if the version is not known, it has no number.
func (r Releases) Live() Version { return r.at(r.alias, false) }

// Canary returns the version of a newer release that gets a share of the events. It has no number
// if there is none. Lambda itself gives an older version all events while it prepares provisioned
// concurrency for the one to which an alias was moved.
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html)
func (r Releases) Canary() Version {
	v := r.at(r.alias, true)
	if v.Release.Number <= r.Live().Release.Number {
		return Version{}
	}
	return v
}

func (r Releases) at(a *foundAlias, canary bool) Version {
	if a == nil {
		return Version{}
	}
	number := a.version
	if canary {
		number = a.canary
	}
	for _, v := range r.Versions {
		if v.Number == number {
			return v
		}
	}
	return Version{}
}

// Order returns the rank of a function among those that move, so that the one that accepts clients
// is the last.
func (r Releases) Order() int { return order(r.Name) }

// Move returns the step that gives a version all events, and false if it has them.
func (r Releases) Move(to Version) (plan.Step, bool) {
	have := foundFunction{}
	for _, v := range r.Versions {
		have.versions = append(have.versions, foundVersion{number: v.Number, release: v.Release})
	}
	want := route{version: to.Number}
	if r.alias == nil || r.alias.route == want {
		return plan.Step{}, false
	}
	return plan.Step{
		Action: plan.Update, Type: plan.TypeAlias, Name: spec.Qualified(r.function, spec.LiveAlias),
		Changes: plan.Changes{{
			Property: "leads to", From: have.describe(r.alias.route), To: have.describe(want),
		}},
		Do: func(ctx context.Context, run *plan.Run, _ *plan.Resource) error {
			return r.client.run(run).moveAlias(ctx, r.function, *r.alias, want)
		},
	}, true
}
