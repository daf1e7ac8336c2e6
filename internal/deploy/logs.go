package deploy

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/logs"
)

// Logs returns the log of the functions in the state file, the oldest event first. It ends with the
// first error, which is that of the context if Follow is set. A function that has not logged
// anything has no events.
func (d *Deployer) Logs(
	ctx context.Context, app Application, o LogsOptions,
) iter.Seq2[LogEvent, error] {
	return func(yield func(LogEvent, error) bool) {
		functions, err := d.functions(ctx, app, o.Functions)
		if err != nil {
			yield(LogEvent{}, err)
			return
		}
		reader := logs.NewReader(d.Cloud.config, d.Cloud.waiter, functions, o)
		for e, err := range reader.Events(ctx) {
			if !yield(e, awserr.Explain(err, d.Cloud.Account)) {
				return
			}
		}
	}
}

// functions looks functions up in the state file, by their logical names. No names means all of
// them.
func (d *Deployer) functions(
	ctx context.Context, app Application, names []string,
) ([]Resource, error) {
	state, err := d.Find(ctx, app)
	if err != nil {
		return nil, err
	}
	all := state.Of(TypeFunction)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no functions: nothing is deployed", d.Store)
	}
	var known []string
	var found []Resource
	for _, fn := range all {
		known = append(known, fn.Name)
		if len(names) == 0 || slices.Contains(names, fn.Name) {
			found = append(found, fn)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no function %q; the functions are "+
				"%s", name, strings.Join(known, ", "))
		}
	}
	return found, nil
}
