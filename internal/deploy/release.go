package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/function"
)

// A Release is what one deploy has published: a version of each function.
type Release struct {
	Number    int
	Commit    string // of the project; empty if it was not known
	Published time.Time

	// Share is how much of the events the release gets, 0 to 1. If the functions do not agree, as
	// after a deploy that did not finish, it is the most that one of them gives it.
	Share float64

	// Versions are those of the functions, by their logical names.
	Versions map[string]function.Version

	// Whole means that the release can be live: it has each function to which routes lead. One that a
	// deploy has not finished lacks some, and so does one from before a function was added.
	Whole bool
}

// Releases are the releases of a stage, the newest first.
type Releases struct {
	All []Release

	functions []function.Releases
}

// Percent returns a share of the events as people write it: "10%".
func Percent(share float64) string { return function.Percent(share) }

// Releases asks AWS for the releases of a stage. It changes nothing. Of the application it needs
// what [Deployer.Find] does.
func (d *Deployer) Releases(ctx context.Context, app Application) (Releases, error) {
	functions, err := d.functions(ctx, app, nil)
	if err != nil {
		return Releases{}, err
	}
	var all Releases
	for _, fn := range functions {
		found, err := function.FindReleases(ctx, d.Cloud.config, fn)
		if err != nil {
			return all, fmt.Errorf("look up releases: %w", awserr.Explain(err, d.Cloud.Account))
		}
		all.functions = append(all.functions, found)
	}
	all.join()
	return all, nil
}

// join makes releases of the versions of all functions.
func (r *Releases) join() {
	byNumber := make(map[int]*Release)
	for _, fn := range r.functions {
		for _, v := range fn.Versions {
			n := v.Release.Number
			if n == 0 { // not published by tyg
				continue
			}
			if byNumber[n] == nil {
				byNumber[n] = &Release{
					Number: n, Commit: v.Release.Commit, Versions: make(map[string]function.Version),
				}
			}
			at := byNumber[n]
			if _, newer := at.Versions[fn.Name]; newer {
				continue
			}
			at.Versions[fn.Name] = v
			at.Share = max(at.Share, v.Share)
			if v.Published.After(at.Published) {
				at.Published = v.Published
			}
		}
	}
	for _, release := range byNumber {
		release.Whole = len(r.missing(*release)) == 0
		r.All = append(r.All, *release)
	}
	slices.SortFunc(r.All, func(a, b Release) int { return b.Number - a.Number })
}

// Live returns the number of the live release: that of the function whose release is the newest, if
// they do not agree. 0 means that there is none.
func (r Releases) Live() int {
	live := 0
	for _, fn := range r.functions {
		live = max(live, fn.Live().Release.Number)
	}
	return live
}

// canary returns the release that gets a share of the events, and the one that gets the others. It
// returns 0 if there is none.
func (r Releases) canary() (canary, live int) {
	for _, fn := range r.functions {
		if v := fn.Canary(); v.Number != "" && v.Release.Number >= canary {
			canary, live = v.Release.Number, fn.Live().Release.Number
		}
	}
	return canary, live
}

// find returns a release.
func (r Releases) find(number int) (Release, bool) {
	i := slices.IndexFunc(r.All, func(o Release) bool { return o.Number == number })
	if i < 0 {
		return Release{}, false
	}
	return r.All[i], true
}

// before returns the newest release before another one that can be live or, if there is none, the
// newest one before it.
func (r Releases) before(number int) (Release, bool) {
	var first *Release
	for i, o := range r.All {
		if o.Number >= number {
			continue
		}
		if o.Whole {
			return o, true
		}
		if first == nil {
			first = &r.All[i]
		}
	}
	if first == nil {
		return Release{}, false
	}
	return *first, true
}

// missing returns the functions of the live release that another one lacks. Other functions have
// been called by routes before, or will be.
func (r Releases) missing(of Release) []string {
	var names []string
	for _, fn := range r.functions {
		live := fn.Live().Release.Number
		if _, has := of.Versions[fn.Name]; !has && fn.HasAlias() && (live == 0 || live == r.Live()) {
			names = append(names, fn.Name)
		}
	}
	slices.Sort(names)
	return names
}

// A Move makes another release live: it has the steps that move the aliases of the functions.
type Move struct {
	Steps    []Step
	From, To Release

	// Canary is the release whose share of the events the move ends, 0 for none.
	Canary int

	app Application
}

// PlanRollback returns the move to a release, to that before the live one if number is 0. While a
// canary gets a share of the events, that is the end of the canary. It is an error if there is no
// such release, or not of all functions.
func (d *Deployer) PlanRollback(ctx context.Context, app Application, number int) (Move, error) {
	all, err := d.movable(ctx, app)
	if err != nil {
		return Move{}, err
	}
	canary, behind := all.canary()
	to, ok := all.find(number)
	switch {
	case number != 0 && !ok:
		return Move{}, fmt.Errorf("there is no release %d; those that are kept are %s", number,
			all.numbers())
	case number == 0 && canary != 0:
		to, ok = all.find(behind)
	case number == 0:
		to, ok = all.before(all.Live())
	}
	if !ok {
		return Move{}, fmt.Errorf("there is no release before the live one, %d, to go back to: deploy "+
			"what should be live", all.Live())
	}
	return all.move(app, to, canary)
}

// PlanPromotion returns the move that gives the canary all events. It is an error if there is none.
func (d *Deployer) PlanPromotion(ctx context.Context, app Application) (Move, error) {
	all, err := d.movable(ctx, app)
	if err != nil {
		return Move{}, err
	}
	canary, _ := all.canary()
	to, ok := all.find(canary)
	if !ok {
		return Move{}, errors.New("no release gets a share of the events: there is no canary; " +
			"\"tyg deploy --canary 10%\" makes one")
	}
	return all.move(app, to, 0)
}

// movable returns the releases of a stage if events reach its functions by aliases.
func (d *Deployer) movable(ctx context.Context, app Application) (Releases, error) {
	all, err := d.Releases(ctx, app)
	if err != nil {
		return all, err
	}
	if !slices.ContainsFunc(all.functions, function.Releases.HasAlias) {
		return all, errors.New("the stage has no releases yet: the next tyg deploy makes the first " +
			"one, unless its configuration has \"releases\": 0")
	}
	return all, nil
}

func (r Releases) numbers() string {
	var list []string
	for _, release := range r.All {
		list = append(list, fmt.Sprint(release.Number))
	}
	return strings.Join(list, ", ")
}

// move returns the move of all functions of the live release to another one.
func (r Releases) move(app Application, to Release, canary int) (Move, error) {
	from, _ := r.find(r.Live())
	m := Move{From: from, To: to, Canary: canary, app: app}
	functions := slices.Clone(r.functions)
	slices.SortStableFunc(functions, func(a, b function.Releases) int { return a.Order() - b.Order() })
	for _, fn := range functions {
		v, has := to.Versions[fn.Name]
		if step, moves := fn.Move(v); has && moves {
			m.Steps = append(m.Steps, step)
		}
	}
	if missing := r.missing(to); len(missing) > 0 {
		source := "its source"
		if to.Commit != "" {
			source = "commit " + to.Commit
		}
		return m, fmt.Errorf("release %d has no %s, and routes lead there: a later release has added "+
			"that, or the deploy of this one did not finish; deploy %s again, which makes its routes live, "+
			"too", to.Number, strings.Join(missing, ", "), source)
	}
	return m, nil
}

// Move carries a move out: the functions one right after the other. If it fails, another move or a
// deploy goes on.
func (d *Deployer) Move(ctx context.Context, m Move) error {
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	return d.run(m.app, state).Apply(ctx, m.Steps)
}
