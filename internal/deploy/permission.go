package deploy

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
)

// A grant lets somebody call a function: a statement of its policy.
type grant struct {
	principal, action, source string
}

const (
	invoker      = "apigateway.amazonaws.com"
	invokeAction = "lambda:InvokeFunction"

	// grantPrefix begins the ids of our statements; the id of the API follows.
	grantPrefix = "tyg-"
)

// apiGrant returns the statement by which an API may call a function, from all its routes and from
// its authorizer: arn:aws:execute-api:{region}:{account}:{api}/* takes in {api}/{stage}/{route key}
// and {api}/authorizers/{id}.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html)
func apiGrant(a Account, apiID string) (id string, g grant) {
	return grantPrefix + apiID, grant{invoker, invokeAction, a.ARN("execute-api", apiID+"/*")}
}

// getGrants returns the statements of ours in the policy of a function.
func (c *Cloud) getGrants(ctx context.Context, function string) (map[string]grant, error) {
	out, err := c.lambda.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &function})
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

func parseGrants(policy string) (map[string]grant, error) {
	var doc struct {
		Statement []struct {
			Sid, Action, Principal any
			Condition              struct{ ArnLike map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return nil, err
	}
	grants := make(map[string]grant)
	for _, s := range doc.Statement {
		id, _ := s.Sid.(string)
		if !strings.HasPrefix(id, grantPrefix) {
			continue
		}
		var g grant
		principal, _ := s.Principal.(map[string]any)
		g.principal, _ = principal["Service"].(string)
		g.action, _ = s.Action.(string)
		g.source, _ = s.Condition.ArnLike["AWS:SourceArn"].(string)
		grants[id] = g
	}
	return grants, nil
}

// permissions plans that the API may call the functions that it needs.
func (b *planner) permissions() {
	for _, fn := range b.app.Functions {
		if b.app.Calls(fn.LogicalName) {
			b.permission(b.app.FunctionName(fn.LogicalName))
		}
	}
}

func (b *planner) permission(function string) {
	step := Step{
		Action: Create, Type: TypePermission, Name: function,
		do: func(ctx context.Context, r *run, _ *Resource) error { return r.permit(ctx, function) },
	}
	have, ok := b.liveFunction(function)
	if ok && b.found.api != nil {
		id, want := apiGrant(b.found.Account, b.found.api.id)
		old, there := have.grants[id]
		if there && old == want {
			return
		}
		if there {
			step.Action = Update
			step.Changes = changes{{"permission", fmt.Sprint(old), fmt.Sprint(want)}}
		}
	}
	b.add(step)
}

// stalePermissions plans the end of permissions that are not needed any more: those of an API that
// is gone, and those of a function that no route leads to. They come last, as the live routes may
// need them until then.
func (b *planner) stalePermissions() {
	for _, fn := range b.app.Functions {
		name := b.app.FunctionName(fn.LogicalName)
		have, ok := b.liveFunction(name)
		if !ok {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(have.grants)) {
			if b.found.api != nil && id == grantPrefix+b.found.api.id && b.app.Calls(fn.LogicalName) {
				continue
			}
			b.add(Step{
				Action: Delete, Type: TypePermission, Name: name,
				do: func(ctx context.Context, r *run, _ *Resource) error { return r.forbid(ctx, name, id) },
			})
		}
	}
}

// permit lets the API call a function. A statement cannot be changed, so a wrong one is replaced.
func (r *run) permit(ctx context.Context, function string) error {
	id, want := apiGrant(r.account, r.ids.api)
	have, err := r.getGrants(ctx, function)
	if err != nil {
		return err
	}
	old, there := have[id]
	if there && old == want {
		return nil
	}
	if there {
		if err := r.forbid(ctx, function, id); err != nil {
			return err
		}
	}
	err = r.again(ctx, "wait for function "+function, roleLimit, func() error {
		_, err := r.lambda.AddPermission(ctx, &lambda.AddPermissionInput{
			FunctionName: &function, StatementId: &id,
			Principal: &want.principal, Action: &want.action, SourceArn: &want.source,
		})
		return err
	}, isBusy)
	if _, exists := errors.AsType[*types.ResourceConflictException](err); !exists {
		return err
	}
	// It is there already if the answer to an earlier call was lost.
	have, readErr := r.getGrants(ctx, function)
	if readErr != nil || have[id] == want {
		return readErr
	}
	return err
}

func (r *run) forbid(ctx context.Context, function, id string) error {
	return r.again(ctx, "wait for function "+function, roleLimit, func() error {
		_, err := r.lambda.RemovePermission(ctx, &lambda.RemovePermissionInput{
			FunctionName: &function, StatementId: &id,
		})
		if isNoFunction(err) {
			return nil
		}
		return err
	}, isBusy)
}

// isBusy reports whether something else is being done with a function. A statement that is there already
// is the same error with another text.
func isBusy(err error) bool {
	e, conflict := errors.AsType[*types.ResourceConflictException](err)
	return conflict && !strings.Contains(strings.ToLower(aws.ToString(e.Message)), "statement id")
}
