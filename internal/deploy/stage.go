package deploy

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundStage is a stage of the API: a name in the URL, and the deployment that it serves.
type foundStage struct {
	name       string
	region     string
	deployment string // an id
	auto       bool   // it serves changes that nobody has published
	variables  map[string]string
	tags       map[string]string
	settings   StageSettings // but for the throttling
	rate       *float64      // nil: the account's
	burst      *int32
}

func (c *Cloud) findStages(ctx context.Context, apiID string) ([]foundStage, error) {
	items, err := pages(func(token *string) ([]types.Stage, *string, error) {
		out, err := c.apis.GetStages(ctx,
			&apigatewayv2.GetStagesInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundStage
	for _, s := range items {
		list = append(list, stageFrom(s, c.Account.Region))
	}
	return list, err
}

func stageFrom(s types.Stage, region string) foundStage {
	have := foundStage{
		name: aws.ToString(s.StageName), region: region, deployment: aws.ToString(s.DeploymentId),
		auto: aws.ToBool(s.AutoDeploy), variables: s.StageVariables, tags: s.Tags,
	}
	if log := s.AccessLogSettings; log != nil {
		have.settings.AccessLogARN = aws.ToString(log.DestinationArn)
		have.settings.AccessLogFormat = aws.ToString(log.Format)
	}
	if all := s.DefaultRouteSettings; all != nil {
		have.settings.LoggingLevel = string(all.LoggingLevel)
		have.settings.DataTrace = aws.ToBool(all.DataTraceEnabled)
		have.settings.DetailedMetrics = aws.ToBool(all.DetailedMetricsEnabled)
		have.rate, have.burst = all.ThrottlingRateLimit, all.ThrottlingBurstLimit
	}
	have.settings = have.settings.Complete()
	return have
}

// freeze plans that a stage which deploys by itself, as somebody has set it by hand, stops that. It
// comes before all else in the API: what is half done must not go live.
func (b *planner) freeze() {
	for _, have := range b.found.inAPI().stages {
		if have.name != b.app.API.Stage || !have.auto {
			continue
		}
		diff := changes{{Property: "automatic deployment", From: yes(true), To: yes(false)}}
		b.update(TypeStage, have.name, b.apiLine(), diff, Resource{},
			func(ctx context.Context, r *run, _ *Resource) error {
				_, err := r.apis.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
					ApiId: &r.ids.api, StageName: &have.name, AutoDeploy: aws.Bool(false),
				})
				return err
			})
	}
}

// stage plans the stage. It comes after the deployment that it is to serve.
func (b *planner) stage() {
	in, name := b.found.inAPI(), b.app.API.Stage
	i := slices.IndexFunc(in.stages, func(s foundStage) bool { return s.name == name })
	if i < 0 {
		b.add(Step{
			Action: Create, Type: TypeStage, Name: name, line: b.apiLine(),
			do: func(ctx context.Context, r *run, _ *Resource) error { return r.createStage(ctx) },
		})
		return
	}
	have := in.stages[i]
	var diff changes
	if b.publishing() {
		diff.compare("deployment", have.deployment, "what is published now")
	}
	diff = append(diff, have.settingsDiff(b.app.API.Settings)...)
	diff.variables(have.variables, b.app.API.Variables)
	diff.tags(have.tags, b.app.ResourceTags(nil))
	b.update(TypeStage, name, b.apiLine(), diff, Resource{},
		func(ctx context.Context, r *run, _ *Resource) error { return r.updateStage(ctx, have) })
}

func (r *run) createStage(ctx context.Context) error {
	api, settings := r.app.API, r.app.API.Settings
	_, err := r.once(ctx, func() (string, error) {
		in := &apigatewayv2.CreateStageInput{
			ApiId: &r.ids.api, StageName: &api.Stage, DeploymentId: &r.ids.deployment,
			StageVariables: stageVariables(nil, api.Variables), Tags: r.app.ResourceTags(nil),
			AccessLogSettings: accessLogSettings(settings),
		}
		if hasRouteSettings(settings) {
			in.DefaultRouteSettings = routeSettings(settings)
		}
		_, err := r.apis.CreateStage(ctx, in, throttledOnly)
		return api.Stage, err
	}, func() (string, error) {
		_, err := r.apis.GetStage(ctx,
			&apigatewayv2.GetStageInput{ApiId: &r.ids.api, StageName: &api.Stage})
		if notInGateway(err) {
			return "", nil
		}
		return api.Stage, err
	})
	if err != nil || !hasRouteSettings(settings) {
		return err
	}
	return r.checkLimits(ctx)
}

// updateStage changes what differs.
func (r *run) updateStage(ctx context.Context, have foundStage) error {
	api, settings := r.app.API, r.app.API.Settings
	in := &apigatewayv2.UpdateStageInput{
		ApiId: &r.ids.api, StageName: &have.name, DeploymentId: &r.ids.deployment,
		StageVariables:    stageVariables(have.variables, api.Variables),
		AccessLogSettings: accessLogSettings(settings),
	}
	limits := len(have.routeSettingsDiff(settings)) > 0
	if limits {
		in.DefaultRouteSettings = routeSettings(settings)
	}
	if _, err := r.apis.UpdateStage(ctx, in); err != nil {
		return err
	}
	if have.settings.AccessLogARN != "" && in.AccessLogSettings == nil {
		_, err := r.apis.DeleteAccessLogSettings(ctx, &apigatewayv2.DeleteAccessLogSettingsInput{
			ApiId: &r.ids.api, StageName: &have.name,
		})
		if unlessGone(err) != nil {
			return err
		}
	}
	if limits {
		if err := r.checkLimits(ctx); err != nil {
			return err
		}
	}
	return r.retag(ctx, "apis/"+r.ids.api+"/stages/"+have.name, have.tags, r.app.ResourceTags(nil))
}

// checkLimits looks at what has become of limits that were left out: where AWS has kept the old
// one, or has made it 0, which lets nothing through, the account's usual one is written.
func (r *run) checkLimits(ctx context.Context) error {
	name, want := r.app.API.Stage, r.app.API.Settings
	out, err := r.apis.GetStage(ctx,
		&apigatewayv2.GetStageInput{ApiId: &r.ids.api, StageName: &name})
	if err != nil {
		return err
	}
	have := foundStage{region: r.account.Region, settings: want}
	if all := out.DefaultRouteSettings; all != nil {
		have.rate, have.burst = all.ThrottlingRateLimit, all.ThrottlingBurstLimit
	}
	if len(have.limitsDiff(want)) == 0 {
		return nil
	}
	_, err = r.apis.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
		ApiId: &r.ids.api, StageName: &name, DefaultRouteSettings: routeSettings(withAccountLimits(want, have.region)),
	})
	return err
}

// stale reports whether a stage is one that we have made under another name.
func (b *planner) stale(s foundStage) bool {
	return s.name != b.app.API.Stage && s.tags[spec.TagKey] == b.app.Tag()
}

// staleStages plans the end of stages that have been renamed. Others that somebody has made stay.
func (b *planner) staleStages() {
	for _, have := range b.found.inAPI().stages {
		if !b.stale(have) {
			continue
		}
		b.add(Step{
			Action: Delete, Type: TypeStage, Name: have.name,
			do: func(ctx context.Context, r *run, _ *Resource) error {
				_, err := r.apis.DeleteStage(ctx,
					&apigatewayv2.DeleteStageInput{ApiId: &r.ids.api, StageName: &have.name})
				return unlessGone(err)
			},
		})
	}
}
