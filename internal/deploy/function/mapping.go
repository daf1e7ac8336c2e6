package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// deleting is the state of an event source mapping that Lambda deletes.
const deleting = "Deleting"

// A foundMapping is an existing event source mapping.
type foundMapping struct {
	uuid, state   string
	function      string // the ARN, with a qualifier if it has one
	batch, window int
	concurrency   int // 0: no limit
	filter        string
	reports       bool // failures of single records
}

// findMapping returns the mapping of a source to a function, nil if there is none or it is being
// deleted. It may be to an alias of the function, which need not exist: mappings survive it.
func (c client) findMapping(ctx context.Context, source, function string) (*foundMapping, error) {
	var have *foundMapping
	all := lambda.NewListEventSourceMappingsPaginator(c.Client,
		&lambda.ListEventSourceMappingsInput{EventSourceArn: &source})
	err := eachPage(ctx, all, func(page *lambda.ListEventSourceMappingsOutput) {
		for _, m := range page.EventSourceMappings {
			arn := aws.ToString(m.FunctionArn)
			if have == nil && isFor(arn, function) && aws.ToString(m.State) != deleting {
				have = new(newFoundMapping(m))
			}
		}
	})
	return have, err
}

// isFor reports whether an ARN is that of a function, with or without a qualifier.
func isFor(arn, function string) bool {
	_, name, _ := strings.Cut(arn, ":function:")
	name, _, _ = strings.Cut(name, ":")
	return name == function
}

func newFoundMapping(m types.EventSourceMappingConfiguration) foundMapping {
	have := foundMapping{
		uuid: aws.ToString(m.UUID), state: aws.ToString(m.State),
		function: aws.ToString(m.FunctionArn), batch: int(aws.ToInt32(m.BatchSize)),
		window: int(aws.ToInt32(m.MaximumBatchingWindowInSeconds)),
	}
	if m.ScalingConfig != nil {
		have.concurrency = int(aws.ToInt32(m.ScalingConfig.MaximumConcurrency))
	}
	if m.FilterCriteria != nil {
		var patterns []string
		for _, f := range m.FilterCriteria.Filters {
			patterns = append(patterns, aws.ToString(f.Pattern))
		}
		have.filter = strings.Join(patterns, " or ")
	}
	for _, kind := range m.FunctionResponseTypes {
		have.reports = have.reports || kind == types.FunctionResponseTypeReportBatchItemFailures
	}
	return have
}

// mappings plans the event source mappings.
func (p *planner) mappings() {
	for _, t := range p.App.Triggers {
		if t.Batched() {
			p.mapping(t)
		}
	}
}

// mappingName is the name of a mapping in the state file. A trigger whose source has changed has
// two for a while.
func mappingName(t spec.Trigger) string { return t.Name + " " + cmp.Or(t.Table, t.From) }

func (p *planner) mapping(t spec.Trigger) {
	name := p.App.FunctionName(t.Name)
	res := plan.Resource{
		Name: mappingName(t), Type: plan.TypeEventSource, FunctionName: name,
		SourceARN: t.From,
	}
	have := p.triggers.mappings[t.Name]
	if have == nil {
		p.formerMapping(res)
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeEventSource, Name: name, Resource: res,
			Line: "Connecting lambda function " + name + " to " + cmp.Or(res.SourceARN, "table "+t.Table),
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).createMapping(ctx, t, res)
			},
		})
		return
	}
	if have.state == "Disabled" || have.state == "Disabling" {
		p.Warn("trigger %s is disabled: nothing of %s reaches its function until \"aws lambda "+
			"update-event-source-mapping --enabled --uuid %s\"", t.Name, res.SourceARN, have.uuid)
	}
	res.UUID = have.uuid
	for _, known := range p.State.Of(plan.TypeEventSource) {
		if known.UUID == have.uuid {
			res.Name = known.Name // by which the trigger named its source before
		}
	}
	diff := mappingDiff(t, *have)
	diff.Compare("function", have.function, p.App.Target(p.Account, t.Name))
	p.Update(plan.TypeEventSource, name, "Updating trigger: "+t.Name, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateMapping(ctx, t, have.uuid)
		})
}

// formerMapping plans the deletion of the mapping to the stream that a table had before, which has
// the same name in the state.
func (p *planner) formerMapping(res plan.Resource) {
	old, ok := p.State.Find(plan.TypeEventSource, res.Name)
	if ok && old.SourceARN != "" && old.SourceARN != res.SourceARN {
		p.Add(p.client.mappingType().Delete(old))
	}
}

// mappingDiff compares what is configured. What is not keeps its value; a filter that is not
// configured is none.
func mappingDiff(t spec.Trigger, have foundMapping) plan.Changes {
	var diff plan.Changes
	compare := func(what string, from, to int, configured bool) {
		if configured {
			diff.Compare(what, strconv.Itoa(from), strconv.Itoa(to))
		}
	}
	compare("batch size", have.batch, t.BatchSize, t.BatchSize > 0)
	compare("batching window in seconds", have.window, t.Window, t.Window >= 0)
	compare("maximum concurrency", have.concurrency, t.Concurrency, t.Concurrency > 0)
	diff.CompareJSON("filter", have.filter, t.Filter)
	if isChanging(have.state) { // which needs no call, only time
		diff.Compare("state", have.state, "Enabled")
	}
	diff.Compare("reports failures of single records", strconv.FormatBool(have.reports), "true")
	return diff
}

// createMapping creates a mapping, and waits until Lambda knows that the role may read the source.
func (r run) createMapping(ctx context.Context, t spec.Trigger, res *plan.Resource) error {
	if res.SourceARN == "" {
		res.SourceARN = r.IDs.Streams[t.Table]
	}
	if res.SourceARN == "" {
		return fmt.Errorf("table %s has no stream yet; run the command again", t.Table)
	}
	target := r.App.Target(r.Account, t.Name)
	in := &lambda.CreateEventSourceMappingInput{
		FunctionName: &target, EventSourceArn: &res.SourceARN, FilterCriteria: filter(t),
		FunctionResponseTypes: reporting(), ScalingConfig: scaling(t),
		BatchSize: positive(t.BatchSize, 1), MaximumBatchingWindowInSeconds: positive(t.Window, 0),
		Tags: r.App.ResourceTags(nil),
	}
	if t.Source == spec.DynamoDB {
		in.StartingPosition = types.EventSourcePositionLatest
		if t.Oldest {
			in.StartingPosition = types.EventSourcePositionTrimHorizon
		}
	}
	var uuid *string
	what := "permission to read " + res.SourceARN
	err := r.RetryWhile(ctx, what, plan.IAMDelay, func() error {
		out, err := r.CreateEventSourceMapping(ctx, in)
		if err == nil {
			uuid = out.UUID
		}
		return err
	}, isNotAllowedYet)
	if _, exists := errors.AsType[*types.ResourceConflictException](err); exists {
		// It is ours: no other function has this name. The answer to an earlier call was lost.
		have, findErr := r.findMapping(ctx, res.SourceARN, res.FunctionName)
		if findErr != nil || have == nil {
			return errors.Join(err, findErr)
		}
		uuid, err = &have.uuid, nil
	}
	if err != nil {
		return err
	}
	res.UUID = *uuid
	return r.settleMapping(ctx, res.UUID)
}

// settleMapping waits until a change of a mapping is over.
func (r run) settleMapping(ctx context.Context, uuid string) error {
	return r.Await(ctx, "event source mapping "+uuid, functionLimit, func() (bool, error) {
		out, err := r.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: &uuid})
		if err != nil {
			return false, err
		}
		return !isChanging(aws.ToString(out.State)), nil
	})
}

// isChanging reports whether a mapping is about to read its source.
func isChanging(state string) bool {
	return state == "Creating" || state == "Updating" || state == "Enabling"
}

func (r run) updateMapping(ctx context.Context, t spec.Trigger, uuid string) error {
	target := r.App.Target(r.Account, t.Name)
	in := &lambda.UpdateEventSourceMappingInput{
		UUID: &uuid, FunctionName: &target, FilterCriteria: filter(t), FunctionResponseTypes: reporting(),
		ScalingConfig: scaling(t), BatchSize: positive(t.BatchSize, 1),
		MaximumBatchingWindowInSeconds: positive(t.Window, 0),
	}
	if in.FilterCriteria == nil { // which would keep it
		in.FilterCriteria = &types.FilterCriteria{Filters: []types.Filter{}}
	}
	err := r.retryWhileInUse(ctx, uuid, func() error {
		_, err := r.UpdateEventSourceMapping(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	return r.settleMapping(ctx, uuid)
}

func filter(t spec.Trigger) *types.FilterCriteria {
	if t.Filter == "" {
		return nil
	}
	return &types.FilterCriteria{Filters: []types.Filter{{Pattern: &t.Filter}}}
}

func reporting() []types.FunctionResponseType {
	return []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
}

func scaling(t spec.Trigger) *types.ScalingConfig {
	if t.Concurrency == 0 {
		return nil
	}
	return &types.ScalingConfig{MaximumConcurrency: aws.Int32(int32(t.Concurrency))}
}

// positive returns a number that is at least low, or nil.
func positive(n, low int) *int32 {
	if n < low {
		return nil
	}
	return aws.Int32(int32(n))
}

// isNotAllowedYet reports whether IAM has not told Lambda of the role's policy. Only the text
// distinguishes that from other invalid parameters; a policy that never allows it looks the same,
// and the last answer is then part of the error.
func isNotAllowedYet(err error) bool {
	if _, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "role does not have permissions") ||
		strings.Contains(text, "cannot be assumed by Lambda") ||
		strings.Contains(text, "Cannot access stream")
}

// retryWhileInUse repeats a call while another change of a mapping is in progress.
func (r run) retryWhileInUse(ctx context.Context, uuid string, call func() error) error {
	return r.RetryWhile(ctx, "event source mapping "+uuid, functionLimit, call,
		func(err error) bool {
			_, busy := errors.AsType[*types.ResourceInUseException](err)
			return busy
		})
}

func (c client) mappingType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeEventSource, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.FunctionName, "event source mapping", res.UUID,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteMapping(ctx, res)
			})
	}}
}

// deleteMapping deletes a mapping. The id of a pending one may not be known.
func (r run) deleteMapping(ctx context.Context, res *plan.Resource) error {
	uuid := res.UUID
	if uuid == "" && res.SourceARN == "" {
		return nil // it was never made, or is recorded with its stream
	}
	if uuid == "" {
		have, err := r.findMapping(ctx, res.SourceARN, res.FunctionName)
		if err != nil || have == nil {
			return err
		}
		uuid = have.uuid
	}
	return r.retryWhileInUse(ctx, uuid, func() error {
		out, err := r.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: &uuid})
		if isNoFunction(err) || err == nil && aws.ToString(out.State) == deleting {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = r.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: &uuid})
		if isNoFunction(err) {
			return nil
		}
		return err
	})
}

// staleMappings plans the deletion of mappings to sources that no trigger has any more.
func (p *planner) staleMappings() {
	wanted := make(map[string]bool)
	for _, t := range p.App.Triggers {
		if t.Batched() {
			wanted[mappingName(t)] = true
		}
	}
	for _, m := range p.triggers.mappings {
		if m != nil {
			wanted[m.uuid] = true
		}
	}
	p.DeleteStale(p.client.mappingType(), func(res plan.Resource) bool {
		return wanted[res.Name] || wanted[res.UUID]
	})
}
