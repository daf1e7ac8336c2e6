package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundVersion is a published version of a function. It never changes.
type foundVersion struct {
	number    string // by which Lambda calls it
	release   spec.Release
	published time.Time
	content   foundFunction // code and configuration
}

// latest is what Lambda calls the function itself in the list of its versions.
const latest = "$LATEST"

// findVersions returns the published versions of a function, the newest first.
func (c client) findVersions(ctx context.Context, name string) ([]foundVersion, error) {
	var list []foundVersion
	all := lambda.NewListVersionsByFunctionPaginator(c.Client,
		&lambda.ListVersionsByFunctionInput{FunctionName: &name})
	err := eachPage(ctx, all, func(page *lambda.ListVersionsByFunctionOutput) {
		for _, v := range page.Versions {
			if aws.ToString(v.Version) != latest {
				list = append(list, newFoundVersion(v))
			}
		}
	})
	slices.SortFunc(list, func(a, b foundVersion) int { return b.order() - a.order() })
	return list, err
}

func newFoundVersion(v types.FunctionConfiguration) foundVersion {
	published, _ := time.Parse(lambdaTime, aws.ToString(v.LastModified)) // zero if Lambda changes it
	return foundVersion{
		number: aws.ToString(v.Version), release: spec.ParseRelease(aws.ToString(v.Description)),
		published: published.UTC(), content: newFoundFunction(&v),
	}
}

// lambdaTime is how Lambda writes the time of a change.
// (https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html)
const lambdaTime = "2006-01-02T15:04:05.000-0700"

// order returns the number of a version as a number.
func (v foundVersion) order() int {
	n, _ := strconv.Atoi(v.number) // digits, except that of $LATEST
	return n
}

// versionOf returns the version of a release, or nil.
func (f foundFunction) versionOf(release int) *foundVersion {
	for i := range f.versions {
		if release > 0 && f.versions[i].release.Number == release {
			return &f.versions[i]
		}
	}
	return nil
}

// version returns the version of a number, or nil.
func (f foundFunction) version(number string) *foundVersion {
	for i := range f.versions {
		if f.versions[i].number == number {
			return &f.versions[i]
		}
	}
	return nil
}

// release returns the release that the functions are of after the plan. All functions have the same
// one, also those that do not change in it, so that they can be rolled back together. A release is
// published once: whatever changes after that, by any hand, is another one.
func (p *planner) release() spec.Release {
	if p.App.Releases == 0 {
		return spec.Release{}
	}
	last := p.lastRelease()
	next := spec.Release{Number: last + 1, Commit: p.App.Commit}
	var same spec.Release
	for _, fn := range p.App.Functions {
		have, ok := p.liveFunction(p.App.FunctionName(fn.LogicalName))
		if !ok || have.release.Number == 0 || fn.Bundle == nil {
			return next
		}
		if same.Number != 0 && same.Number != have.release.Number {
			return next
		}
		same = have.release
		if !p.is(fn, have) {
			return next
		}
		if v := have.versionOf(same.Number); v != nil && !p.is(fn, v.content) {
			return next
		}
	}
	return same
}

// is reports whether a function, or a version of it, has the code and the configuration that it
// should have.
func (p *planner) is(fn spec.Function, have foundFunction) bool {
	d := p.content(fn, have)
	return len(d.code)+len(d.configuration) == 0
}

// lastRelease returns the number of the newest release that is published, of any function.
func (p *planner) lastRelease() int {
	last := 0
	for _, have := range p.found {
		for _, v := range have.versions {
			last = max(last, v.release.Number)
		}
	}
	return last
}

// versions plans to publish the release, for each function that has not. All functions have their
// code and configuration by then.
func (p *planner) versions() {
	release := p.release()
	if release.Number == 0 {
		return
	}
	for _, fn := range p.App.Functions {
		name := p.App.FunctionName(fn.LogicalName)
		have, ok := p.liveFunction(name)
		if fn.Bundle == nil || ok && have.versionOf(release.Number) != nil {
			continue
		}
		fn.Release = release
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeVersion, Name: name,
			Line: p.once(release, fmt.Sprintf("Publishing release %d", release.Number)),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).publish(ctx, fn)
			},
		})
	}
}

// once returns a line for the first step of a release that has it, and "" for the others. The first
// release is part of making the functions, which have lines.
func (p *planner) once(release spec.Release, line string) string {
	said := slices.ContainsFunc(p.Steps, func(s plan.Step) bool { return s.Line == line })
	if release.Number == 1 || said {
		return ""
	}
	return line
}

// publishAttempts is how often a function may have changed while it is published.
const publishAttempts = 3

// publish publishes a function as it is, if that is what the release has, and waits until the
// version can be called.
func (r run) publish(ctx context.Context, fn spec.Function) error {
	name := r.App.FunctionName(fn.LogicalName)
	for attempt := 1; ; attempt++ {
		have, err := r.settle(ctx, name)
		if err != nil {
			return err
		}
		if have.release.Number != fn.Release.Number || have.code != fn.Bundle.SHA256 {
			return fmt.Errorf("function %s is not as this deploy has left it: another program changes it; "+
				"wait until that has ended, and run tyg deploy again", name)
		}
		number, err := r.publishAt(ctx, fn, have.revision)
		if _, changed := errors.AsType[*types.PreconditionFailedException](err); changed {
			if number, err = r.published(ctx, fn, err); number == "" && attempt < publishAttempts {
				continue
			}
		}
		if err != nil {
			return err
		}
		r.IDs.Versions[fn.LogicalName] = number
		return r.awaitVersion(ctx, name, number)
	}
}

// publishAt publishes a revision of a function. If that is what the last version is, Lambda returns
// that one.
func (r run) publishAt(
	ctx context.Context, fn spec.Function, revision string,
) (number string, err error) {
	name := r.App.FunctionName(fn.LogicalName)
	err = r.retryWhileBusy(ctx, name, func() error {
		out, err := r.PublishVersion(ctx, &lambda.PublishVersionInput{
			FunctionName: &name, CodeSha256: &fn.Bundle.SHA256, RevisionId: stringOrNil(revision),
		})
		if err == nil {
			number = aws.ToString(out.Version)
		}
		return err
	})
	return number, err
}

// published returns the version of the release, "" and refused if there is none. It exists if the
// answer to an earlier call was lost.
func (r run) published(
	ctx context.Context, fn spec.Function, refused error,
) (number string, err error) {
	versions, err := r.findVersions(ctx, r.App.FunctionName(fn.LogicalName))
	if err != nil {
		return "", err
	}
	have := foundFunction{versions: versions}
	if v := have.versionOf(fn.Release.Number); v != nil && v.content.code == fn.Bundle.SHA256 {
		return v.number, nil
	}
	return "", refused
}

// awaitVersion waits until a version can be called.
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html)
func (r run) awaitVersion(ctx context.Context, name, number string) error {
	what := "version " + number + " of function " + name
	return r.Await(ctx, what, functionLimit, func() (bool, error) {
		out, err := r.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{
			FunctionName: &name, Qualifier: &number,
		})
		if err != nil {
			return false, err
		}
		if out.State == types.StateFailed {
			return false, fmt.Errorf("publish %s: %s", what, aws.ToString(out.StateReason))
		}
		return out.State != types.StatePending, nil
	})
}

// staleVersions plans the deletion of the versions of old releases: of all but the newest ones, and
// but those to which an alias leads, now or after the plan. Events may be on their way to these.
// Versions that tyg has not published stay.
func (p *planner) staleVersions() {
	if p.App.Releases == 0 {
		return
	}
	oldest := p.oldestKept()
	for _, fn := range p.App.Functions {
		name := p.App.FunctionName(fn.LogicalName)
		have, ok := p.liveFunction(name)
		if !ok {
			continue
		}
		for _, v := range slices.Backward(have.versions) {
			if v.release.Number == 0 || v.release.Number >= oldest || have.leadsTo(v.number) {
				continue
			}
			p.Add(plan.Step{
				Action: plan.Delete, Type: plan.TypeVersion, Name: name + ":" + v.number,
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return p.client.run(r).deleteVersion(ctx, name, v.number)
				},
			})
		}
	}
}

// oldestKept returns the number of the oldest release that stays.
func (p *planner) oldestKept() int {
	numbers := []int{p.release().Number}
	for _, have := range p.found {
		for _, v := range have.versions {
			if !slices.Contains(numbers, v.release.Number) {
				numbers = append(numbers, v.release.Number)
			}
		}
	}
	slices.Sort(numbers)
	return numbers[max(0, len(numbers)-p.App.Releases)]
}

// deleteVersion deletes a version. Lambda refuses it while an alias leads there.
func (r run) deleteVersion(ctx context.Context, name, number string) error {
	_, err := r.DeleteFunction(ctx, &lambda.DeleteFunctionInput{
		FunctionName: &name, Qualifier: &number,
	})
	if isNoFunction(err) {
		return nil
	}
	return err
}
