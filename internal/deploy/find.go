package deploy

import (
	"context"
	"fmt"
)

// Found is what there is on AWS of what an application names, and of what its state file remembers.
type Found struct {
	Account Account

	tables    map[string]foundTable    // by name
	logGroups map[string]foundLogGroup // by name
	roles     map[string]foundRole     // by name
	functions map[string]foundFunction // by name
	api       *foundAPI                // nil: there is none
	// spare are APIs of the same name and tag that were never live: a run died before it could write
	// down their ids.
	spare  []string
	domain *foundDomain
}

// Find asks AWS what there is. It reads only.
func (c *Cloud) Find(ctx context.Context, app Application, state State) (Found, error) {
	f := Found{Account: c.Account}
	for _, k := range kinds() {
		if err := k.find(c, ctx, app, state, &f); err != nil {
			return f, fmt.Errorf("look at what there is: %w", explain(err, c.Account))
		}
	}
	f.ignoreTags(tagKeys(app, state))
	return f, nil
}

// ids returns what steps need to know of what is there.
func (f Found) ids() ids {
	known := ids{
		roles: map[string]string{}, functions: map[string]string{}, integrations: map[string]string{},
	}
	for _, r := range f.roles {
		known.roles[r.logical] = r.arn
	}
	for _, fn := range f.functions {
		known.functions[fn.logical] = fn.arn
	}
	if f.api != nil {
		known.api, known.authorizer = f.api.id, f.api.authorizerID()
		known.deployment = f.api.deployment(f.api.stageName)
		for _, i := range f.api.integrations {
			known.integrations[i.function] = i.id
		}
	}
	return known
}
