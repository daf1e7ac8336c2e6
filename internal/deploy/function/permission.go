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

// getGrants returns the statements that tyg has added to the policy of a function.
func (c client) getGrants(ctx context.Context, function string) (map[string]spec.Grant, error) {
	out, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &function})
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

func parseGrants(policy string) (map[string]spec.Grant, error) {
	var doc struct {
		Statement []struct {
			Sid, Action, Principal any
			Condition              struct{ ArnLike map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return nil, err
	}
	grants := make(map[string]spec.Grant)
	for _, s := range doc.Statement {
		id, _ := s.Sid.(string)
		if !strings.HasPrefix(id, spec.GrantPrefix) {
			continue
		}
		var g spec.Grant
		principal, _ := s.Principal.(map[string]any)
		g.Principal, _ = principal["Service"].(string)
		g.Action, _ = s.Action.(string)
		g.Source, _ = s.Condition.ArnLike["AWS:SourceArn"].(string)
		grants[id] = g
	}
	return grants, nil
}

// permissions plans the permissions of the API to call functions.
func (p *planner) permissions() {
	for _, fn := range p.App.Functions {
		if p.App.Calls(fn.LogicalName) {
			p.permission(p.App.FunctionName(fn.LogicalName))
		}
	}
}

func (p *planner) permission(function string) {
	step := plan.Step{
		Action: plan.Create, Type: plan.TypePermission, Name: function,
		Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).addPermission(ctx, function)
		},
	}
	have, ok := p.liveFunction(function)
	if ok && p.Known.API != "" {
		id, want := p.Account.APIGrant(p.Known.API)
		old, there := have.grants[id]
		if there && old == want {
			return
		}
		if there {
			step.Action = plan.Update
			step.Changes = plan.Changes{{
				Property: "permission", From: fmt.Sprint(old), To: fmt.Sprint(want),
			}}
		}
	}
	p.Add(step)
}

// stalePermissions plans the deletion of permissions that are no longer needed: those of an API
// that is gone, and those of functions that no route calls. The live routes may need them until the
// new ones are live.
func (p *planner) stalePermissions() {
	for _, fn := range p.App.Functions {
		name := p.App.FunctionName(fn.LogicalName)
		have, ok := p.liveFunction(name)
		if !ok {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(have.grants)) {
			if p.Known.API != "" && id == spec.GrantPrefix+p.Known.API && p.App.Calls(fn.LogicalName) {
				continue
			}
			p.Add(plan.Step{
				Action: plan.Delete, Type: plan.TypePermission, Name: name,
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return p.client.run(r).removePermission(ctx, name, id)
				},
			})
		}
	}
}

// addPermission lets the API call a function. It replaces a wrong statement, as statements cannot
// be changed.
func (r run) addPermission(ctx context.Context, function string) error {
	id, want := r.Account.APIGrant(r.IDs.API)
	have, err := r.getGrants(ctx, function)
	if err != nil {
		return err
	}
	old, there := have[id]
	if there && old == want {
		return nil
	}
	if there {
		if err := r.removePermission(ctx, function, id); err != nil {
			return err
		}
	}
	err = r.RetryWhile(ctx, "wait for function "+function, plan.IAMDelay, func() error {
		_, err := r.AddPermission(ctx, &lambda.AddPermissionInput{
			FunctionName: &function, StatementId: &id,
			Principal: &want.Principal, Action: &want.Action, SourceArn: &want.Source,
		})
		return err
	}, isBusy)
	if _, exists := errors.AsType[*types.ResourceConflictException](err); !exists {
		return err
	}
	// The statement exists if the answer to an earlier call was lost.
	have, readErr := r.getGrants(ctx, function)
	if readErr != nil || have[id] == want {
		return readErr
	}
	return err
}

func (r run) removePermission(ctx context.Context, function, id string) error {
	return r.RetryWhile(ctx, "wait for function "+function, plan.IAMDelay, func() error {
		_, err := r.RemovePermission(ctx, &lambda.RemovePermissionInput{
			FunctionName: &function, StatementId: &id,
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
