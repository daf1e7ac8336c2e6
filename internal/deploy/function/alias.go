package function

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A route is where an alias leads: to a version, and with a canary a share of the events to a
// second one.
type route struct {
	version, canary string // numbers; canary may be empty
	share           float64
}

// A foundAlias is an existing alias.
type foundAlias struct {
	name, revision string
	route
}

// findAliases returns all aliases of a function.
func (c client) findAliases(ctx context.Context, name string) ([]foundAlias, error) {
	var list []foundAlias
	all := lambda.NewListAliasesPaginator(c.Client, &lambda.ListAliasesInput{FunctionName: &name})
	err := eachPage(ctx, all, func(page *lambda.ListAliasesOutput) {
		for _, a := range page.Aliases {
			list = append(list, newFoundAlias(a))
		}
	})
	return list, err
}

func newFoundAlias(a types.AliasConfiguration) foundAlias {
	have := foundAlias{
		name: aws.ToString(a.Name), revision: aws.ToString(a.RevisionId),
		route: route{version: aws.ToString(a.FunctionVersion)},
	}
	if a.RoutingConfig != nil {
		for number, share := range a.RoutingConfig.AdditionalVersionWeights { // at most one
			have.canary, have.share = number, share
		}
	}
	return have
}

// live returns the alias by which events reach the function, or nil.
func (f foundFunction) live() *foundAlias {
	for i := range f.aliases {
		if f.aliases[i].name == spec.LiveAlias {
			return &f.aliases[i]
		}
	}
	return nil
}

// leadsTo reports whether an alias leads to a version.
func (f foundFunction) leadsTo(number string) bool {
	return slices.ContainsFunc(f.aliases, func(a foundAlias) bool {
		return a.version == number || a.canary == number
	})
}

// nameOf returns what people call a version: its release, if it has one.
func (f foundFunction) nameOf(number string) string {
	if v := f.version(number); v != nil && v.release.Number > 0 {
		return fmt.Sprintf("release %d", v.release.Number)
	}
	return "version " + number
}

// describe says where an alias leads.
func (f foundFunction) describe(to route) string {
	if to.canary == "" {
		return f.nameOf(to.version)
	}
	return withCanary(f.nameOf(to.version), f.nameOf(to.canary), to.share)
}

func withCanary(main, canary string, share float64) string {
	return fmt.Sprintf("%s, and %s for %s of the events", main, canary, Percent(share))
}

// Percent returns a share as people write it: "10%".
func Percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64) + "%"
}

// liveAliases plans the aliases. They come after all versions, one right after the other: then
// clients see the release, its code and its configuration at once.
func (p *planner) liveAliases() {
	release := p.release()
	if release.Number == 0 {
		return
	}
	all := slices.Clone(p.App.Functions)
	slices.SortStableFunc(all, func(a, b spec.Function) int {
		return order(a.LogicalName) - order(b.LogicalName)
	})
	for _, fn := range all {
		if fn.Bundle != nil {
			p.liveAlias(fn, release)
		}
	}
	p.explainReleases(release)
	p.explainPolicies()
}

// order returns the rank of a function among those whose aliases move. The one that accepts clients
// comes last: it finds an authorizer of its release, and leaves its clients to functions of that.
func order(logical string) int {
	if logical == spec.ConnectFunction {
		return 1
	}
	return 0
}

func (p *planner) liveAlias(fn spec.Function, release spec.Release) {
	name := p.App.FunctionName(fn.LogicalName)
	have, ok := p.liveFunction(name)
	number := ""
	if v := have.versionOf(release.Number); ok && v != nil {
		number = v.number
	}
	step := plan.Step{
		Action: plan.Create, Type: plan.TypeAlias, Name: spec.Qualified(name, spec.LiveAlias),
		Line: p.once(release, fmt.Sprintf("Making release %d live", release.Number)),
	}
	was := have.live()
	if !ok || was == nil {
		if p.App.Canary > 0 {
			p.Conflict("--canary leaves most events to the live release, and function %s has none: "+
				"deploy without it", name)
		}
		step.Do = func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			do := p.client.run(r)
			return do.createAlias(ctx, name, do.versionOf(fn, number))
		}
		p.Add(step)
		return
	}
	lead := func(to string) route { return route{version: to} }
	text := fmt.Sprintf("release %d", release.Number)
	if share := p.App.Canary; share > 0 && was.version != number { // else it is live already
		p.checkCanary(fn, have, *was)
		lead = func(to string) route { return route{was.version, to, share} }
		step.Line = p.once(release, fmt.Sprintf("Giving %s of the events to %s; tyg promote gives it "+
			"all of them", Percent(share), text))
		text = withCanary(have.nameOf(was.version), text, share)
	}
	if was.route == lead(number) {
		if p.App.Canary > 0 && was.canary == "" {
			p.warnOnce("--canary has no effect: release %d gets all events already", release.Number)
		}
		return
	}
	step.Action = plan.Update
	step.Changes = plan.Changes{{Property: "leads to", From: have.describe(was.route), To: text}}
	step.Do = func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
		do := p.client.run(r)
		return do.moveAlias(ctx, name, *was, lead(do.versionOf(fn, number)))
	}
	p.Add(step)
}

// checkCanary reports what cannot be given to some clients only. Both versions of an alias have the
// same role.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html)
func (p *planner) checkCanary(fn spec.Function, have foundFunction, was foundAlias) {
	v := have.version(was.version)
	if role := p.roleARN(fn.Role); v != nil && v.content.role != role {
		p.Conflict("--canary: function %s has the role %s, and the live release %s: Lambda splits "+
			"events between versions with one role only; deploy without --canary",
			p.App.FunctionName(fn.LogicalName), role, v.content.role)
	}
}

// explainReleases warns if the live release is not the one that was published last.
func (p *planner) explainReleases(release spec.Release) {
	last := p.lastRelease()
	for _, fn := range p.App.Functions {
		have, ok := p.liveFunction(p.App.FunctionName(fn.LogicalName))
		if !ok || have.live() == nil {
			continue
		}
		a := have.live()
		v := have.version(a.version)
		switch {
		case a.canary != "" && p.App.Canary == 0:
			p.Warn("%s of the events go to %s, the others to %s: tyg deploy gives release %d all of them; "+
				"so does \"tyg promote\" without a deploy, and \"tyg rollback\" takes the canary back",
				Percent(a.share), have.nameOf(a.canary), have.nameOf(a.version), release.Number)
			return
		case a.canary == "" && v != nil && v.release.Number < last:
			p.Warn("%s is live, and the newest is release %d: it was rolled back, or a deploy did not "+
				"finish; tyg deploy makes release %d live", have.nameOf(a.version), last, release.Number)
			return
		}
	}
}

// warnOnce adds a warning unless the plan has it.
func (p *planner) warnOnce(format string, args ...any) {
	if !slices.Contains(p.Warnings, fmt.Sprintf(format, args...)) {
		p.Warn(format, args...)
	}
}

// explainPolicies warns that a policy of the project must allow what the generated one allows:
// functions that invoke themselves invoke their version.
func (p *planner) explainPolicies() {
	for _, fn := range p.App.Functions {
		name := p.App.FunctionName(fn.LogicalName)
		have, ok := p.liveFunction(name)
		own := fn.Role.ARN != "" || fn.Role.Policy != nil
		self := p.App.Shards || p.App.API.Open && fn.LogicalName == spec.ConnectFunction
		if own && self && !(ok && have.live() != nil) {
			p.Warn("function %s has a role or a policy of its own: for OnOpen and large groups it must "+
				"allow lambda:InvokeFunction on %s:*", name, p.Account.FunctionARN(name))
		}
	}
}

// versionOf returns the version of a function that the run has published, or the given one, which
// was there before.
func (r run) versionOf(fn spec.Function, number string) string {
	if published := r.IDs.Versions[fn.LogicalName]; published != "" {
		return published
	}
	return number
}

// createAlias makes the alias. It exists if the answer to an earlier call was lost.
func (r run) createAlias(ctx context.Context, name, version string) error {
	if err := r.awaitVersion(ctx, name, version); err != nil {
		return err
	}
	return r.retryWhileBusy(ctx, name, func() error {
		_, err := r.CreateAlias(ctx, &lambda.CreateAliasInput{
			FunctionName: &name, Name: aws.String(spec.LiveAlias), FunctionVersion: &version,
		})
		if _, conflict := errors.AsType[*types.ResourceConflictException](err); conflict {
			have, findErr := r.findAliases(ctx, name)
			if a := (foundFunction{aliases: have}).live(); findErr == nil && a != nil {
				return r.moveAlias(ctx, name, *a, route{version: version})
			}
		}
		return err
	})
}

// moveAlias makes the alias lead somewhere else. From then on, which takes some seconds everywhere,
// events get there. The run that has published the version may have died while it was pending.
func (r run) moveAlias(ctx context.Context, name string, was foundAlias, to route) error {
	if was.route == to {
		return nil
	}
	for _, version := range []string{to.version, to.canary} {
		if version == "" {
			continue
		}
		if err := r.awaitVersion(ctx, name, version); err != nil {
			return err
		}
	}
	weights := make(map[string]float64) // empty removes the weights that there are
	if to.canary != "" {
		weights[to.canary] = to.share
	}
	_, err := r.UpdateAlias(ctx, &lambda.UpdateAliasInput{
		FunctionName: &name, Name: &was.name, FunctionVersion: &to.version,
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights},
		RevisionId:    stringOrNil(was.revision),
	})
	if _, changed := errors.AsType[*types.PreconditionFailedException](err); !changed {
		return err
	}
	// It is so if the answer to an earlier call was lost.
	aliases, findErr := r.findAliases(ctx, name)
	if findErr != nil {
		return findErr
	}
	if a := (foundFunction{aliases: aliases}).live(); a != nil && a.route == to {
		return nil
	}
	return fmt.Errorf("the alias %s of function %s was moved meanwhile: %w", was.name, name,
		plan.ErrChanged)
}
