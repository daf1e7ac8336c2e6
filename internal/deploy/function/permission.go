package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// getGrants returns the statements that tyg has added to the policy of a function, or of an alias
// of it.
func (c client) getGrants(ctx context.Context, function, qualifier string) (grants, error) {
	out, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{
		FunctionName: &function, Qualifier: stringOrNil(qualifier),
	})
	if isNoFunction(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	grants, err := parseGrants(aws.ToString(out.Policy))
	if err != nil {
		return nil, fmt.Errorf("read policy of function %s: %w", function, err)
	}
	return grants, nil
}

func parseGrants(policy string) (grants, error) {
	var doc struct {
		Statement []struct {
			Sid, Action, Principal any
			Condition              struct{ ArnLike, StringEquals, Bool map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return nil, err
	}
	all := make(grants)
	for _, s := range doc.Statement {
		id, _ := s.Sid.(string)
		if !strings.HasPrefix(id, spec.GrantPrefix) {
			continue
		}
		var g spec.Grant
		switch principal := s.Principal.(type) {
		case string:
			g.Principal = principal
		case map[string]any:
			g.Principal, _ = principal["Service"].(string)
		}
		g.Action, _ = s.Action.(string)
		g.Source, _ = s.Condition.ArnLike["AWS:SourceArn"].(string)
		switch {
		case s.Condition.StringEquals["lambda:FunctionUrlAuthType"] == spec.URLAuth:
			g.URL = spec.URLAuth
		case fmt.Sprint(s.Condition.Bool["lambda:InvokedViaFunctionUrl"]) == "true":
			g.URL = spec.URLInvoke
		}
		all[id] = g
	}
	return all, nil
}

// permissions plans the permissions of the API and of triggers to call functions.
func (p *planner) permissions() {
	for _, fn := range p.App.Functions {
		for i, want := range p.App.Grants(p.Account, fn.LogicalName, p.Known.API) {
			p.permission(fn, i, want)
		}
	}
}

// permission plans one of the grants of a function. The id of a new API, and so the grant, is known
// only when the step is done.
func (p *planner) permission(fn spec.Function, i int, want spec.NamedGrant) {
	name, qualifier := p.App.FunctionName(fn.LogicalName), p.qualifierOf(fn, want)
	step := plan.Step{
		Action: plan.Create, Type: plan.TypePermission, Name: name,
		Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			grant := r.App.Grants(r.Account, fn.LogicalName, r.IDs.API)[i]
			return p.client.run(r).addPermission(ctx, name, qualifier, grant)
		},
	}
	have, ok := p.liveFunction(name)
	if ok && want.ID != spec.GrantPrefix { // without the id of an API
		old, there := have.grants[qualifier][want.ID]
		if there && old == want.Grant {
			return
		}
		if there {
			step.Action = plan.Update
			step.Changes = plan.Changes{{
				Property: "permission", From: fmt.Sprint(old), To: fmt.Sprint(want.Grant),
			}}
		}
	}
	p.Add(step)
}

// qualifierOf returns how what a grant is for calls the function: by the alias, except by a URL
// that is older than that.
func (p *planner) qualifierOf(fn spec.Function, g spec.NamedGrant) string {
	if have := p.triggers.urls[fn.LogicalName]; g.URL != "" && have != nil {
		return have.qualifier
	}
	return p.App.Qualifier()
}

// stalePermissions plans the deletion of permissions that are no longer needed: those of an API
// that is gone, and those of functions that no route or trigger calls. The live routes may need
// them until the new ones are live. A permission for the function itself stays where the alias has
// the same one: it is that of before the alias, and until all of API Gateway serves the new routes,
// the old ones need it.
func (p *planner) stalePermissions() {
	for _, fn := range p.App.Functions {
		name := p.App.FunctionName(fn.LogicalName)
		have, ok := p.liveFunction(name)
		if !ok {
			continue
		}
		wanted := make(map[string]bool)
		for _, g := range p.App.Grants(p.Account, fn.LogicalName, p.Known.API) {
			wanted[g.ID] = true
		}
		left := func(id string) bool {
			return p.Known.API != "" && id == spec.GrantPrefix+p.Known.API &&
				slices.Contains(p.Known.Called, fn.LogicalName)
		}
		for _, qualifier := range slices.Sorted(maps.Keys(have.grants)) {
			for _, id := range slices.Sorted(maps.Keys(have.grants[qualifier])) {
				if !wanted[id] && !left(id) {
					p.deletePermission(name, qualifier, id)
				}
			}
		}
	}
}

func (p *planner) deletePermission(name, qualifier, id string) {
	p.Add(plan.Step{
		Action: plan.Delete, Type: plan.TypePermission, Name: name,
		Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).removePermission(ctx, name, qualifier, id)
		},
	})
}

// addPermission adds a statement to the policy of a function or of an alias. It replaces a wrong
// one, as statements cannot be changed.
func (r run) addPermission(
	ctx context.Context, function, qualifier string, want spec.NamedGrant,
) error {
	have, err := r.getGrants(ctx, function, qualifier)
	if err != nil {
		return err
	}
	old, there := have[want.ID]
	if there && old == want.Grant {
		return nil
	}
	if there {
		if err := r.removePermission(ctx, function, qualifier, want.ID); err != nil {
			return err
		}
	}
	err = r.RetryWhile(ctx, "function "+function, plan.IAMDelay, func() error {
		_, err := r.AddPermission(ctx, statement(function, qualifier, want))
		return err
	}, isBusy)
	if _, exists := errors.AsType[*types.ResourceConflictException](err); !exists {
		return err
	}
	// The statement exists if the answer to an earlier call was lost.
	have, readErr := r.getGrants(ctx, function, qualifier)
	if readErr != nil || have[want.ID] == want.Grant {
		return readErr
	}
	return err
}

func statement(function, qualifier string, g spec.NamedGrant) *lambda.AddPermissionInput {
	in := &lambda.AddPermissionInput{
		FunctionName: &function, StatementId: &g.ID, Principal: &g.Principal, Action: &g.Action,
		Qualifier: stringOrNil(qualifier),
	}
	if g.Source != "" {
		in.SourceArn = &g.Source
	}
	switch g.URL {
	case spec.URLAuth:
		in.FunctionUrlAuthType = types.FunctionUrlAuthTypeNone
	case spec.URLInvoke:
		in.InvokedViaFunctionUrl = aws.Bool(true)
	}
	return in
}

func (r run) removePermission(ctx context.Context, function, qualifier, id string) error {
	return r.RetryWhile(ctx, "function "+function, plan.IAMDelay, func() error {
		_, err := r.RemovePermission(ctx, &lambda.RemovePermissionInput{
			FunctionName: &function, StatementId: &id, Qualifier: stringOrNil(qualifier),
		})
		if isNoFunction(err) {
			return nil
		}
		return err
	}, isBusy)
}

// isBusy reports whether another change of a function is in progress. A duplicate statement is the
// same error with another text.
func isBusy(err error) bool {
	e, conflict := errors.AsType[*types.ResourceConflictException](err)
	return conflict && !strings.Contains(strings.ToLower(aws.ToString(e.Message)), "statement id")
}
