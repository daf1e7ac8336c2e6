package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundStage is an existing stage of the API.
type foundStage struct {
	name       string
	region     string
	deployment string // an id
	auto       bool   // automatic deployment
	variables  map[string]string
	tags       map[string]string
	settings   spec.StageSettings // without throttling
	rate       *float64           // nil: the account's
	burst      *int32
}

func (c client) findStages(ctx context.Context, apiID string) ([]foundStage, error) {
	items, err := pages(func(token *string) ([]types.Stage, *string, error) {
		out, err := c.GetStages(ctx,
			&apigatewayv2.GetStagesInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundStage
	for _, s := range items {
		list = append(list, stageFrom(s, c.region))
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

// disableAutoDeploy plans to disable automatic deployment of the stage, if it was enabled by hand.
// It comes before all changes of the API, which must not go live one by one.
func (p *planner) disableAutoDeploy() {
	for _, have := range p.found.inAPI().stages {
		if have.name != p.App.API.Stage || !have.auto {
			continue
		}
		diff := plan.Changes{{Property: "automatic deployment", From: yesNo(true), To: yesNo(false)}}
		p.Update(plan.TypeStage, have.name, p.apiLine(), diff, plan.Resource{},
			func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := p.client.run(r).UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
					ApiId: &r.IDs.API, StageName: &have.name, AutoDeploy: aws.Bool(false),
				})
				return err
			})
	}
}

// stage plans the stage. It comes after the deployment that the stage will serve.
func (p *planner) stage() {
	in, name := p.found.inAPI(), p.App.API.Stage
	i := slices.IndexFunc(in.stages, func(s foundStage) bool { return s.name == name })
	if i < 0 {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeStage, Name: name, Line: p.apiLine(),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).createStage(ctx)
			},
		})
		return
	}
	have := in.stages[i]
	var diff plan.Changes
	if p.publishing() {
		diff.Compare("deployment", have.deployment, "what is published now")
	}
	diff = append(diff, have.settingsDiff(p.App.API.Settings)...)
	diff = append(diff, variablesDiff(have.variables, p.App.API.Variables)...)
	diff.Tags(have.tags, p.App.ResourceTags(nil))
	p.Update(plan.TypeStage, name, p.apiLine(), diff, plan.Resource{},
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateStage(ctx, have)
		})
}

func (r run) createStage(ctx context.Context) error {
	api, settings := r.App.API, r.App.API.Settings
	_, err := r.createOnce(ctx, func() (string, error) {
		in := &apigatewayv2.CreateStageInput{
			ApiId: &r.IDs.API, StageName: &api.Stage, DeploymentId: &r.IDs.Deployment,
			StageVariables: stageVariables(nil, api.Variables), Tags: r.App.ResourceTags(nil),
			AccessLogSettings: accessLogSettings(settings),
		}
		if hasRouteSettings(settings) {
			in.DefaultRouteSettings = routeSettings(settings)
		}
		_, err := r.CreateStage(ctx, in, throttledOnly)
		return api.Stage, err
	}, func() (string, error) {
		_, err := r.GetStage(ctx,
			&apigatewayv2.GetStageInput{ApiId: &r.IDs.API, StageName: &api.Stage})
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

// updateStage changes a stage.
func (r run) updateStage(ctx context.Context, have foundStage) error {
	api, settings := r.App.API, r.App.API.Settings
	in := &apigatewayv2.UpdateStageInput{
		ApiId: &r.IDs.API, StageName: &have.name, DeploymentId: &r.IDs.Deployment,
		StageVariables:    stageVariables(have.variables, api.Variables),
		AccessLogSettings: accessLogSettings(settings),
	}
	limits := len(have.routeSettingsDiff(settings)) > 0
	if limits {
		in.DefaultRouteSettings = routeSettings(settings)
	}
	if _, err := r.UpdateStage(ctx, in); err != nil {
		return err
	}
	if have.settings.AccessLogARN != "" && in.AccessLogSettings == nil {
		_, err := r.DeleteAccessLogSettings(ctx, &apigatewayv2.DeleteAccessLogSettingsInput{
			ApiId: &r.IDs.API, StageName: &have.name,
		})
		if ignoreGone(err) != nil {
			return err
		}
	}
	if limits {
		if err := r.checkLimits(ctx); err != nil {
			return err
		}
	}
	return r.retag(ctx, "apis/"+r.IDs.API+"/stages/"+have.name, have.tags, r.App.ResourceTags(nil))
}

// checkLimits reads back limits that were left out. Where AWS has kept the old limit, or has set 0,
// which lets no message through, it sets the usual limit of the account.
func (r run) checkLimits(ctx context.Context) error {
	name, want := r.App.API.Stage, r.App.API.Settings
	out, err := r.GetStage(ctx,
		&apigatewayv2.GetStageInput{ApiId: &r.IDs.API, StageName: &name})
	if err != nil {
		return err
	}
	have := foundStage{region: r.Account.Region, settings: want}
	if all := out.DefaultRouteSettings; all != nil {
		have.rate, have.burst = all.ThrottlingRateLimit, all.ThrottlingBurstLimit
	}
	if len(have.limitsDiff(want)) == 0 {
		return nil
	}
	_, err = r.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
		ApiId: &r.IDs.API, StageName: &name, DefaultRouteSettings: routeSettings(withAccountLimits(want,
			have.region)),
	})
	return err
}

// isRenamed reports whether tyg has created a stage under another name.
func (p *planner) isRenamed(s foundStage) bool {
	return s.name != p.App.API.Stage && s.tags[spec.TagKey] == p.App.Tag()
}

// staleStages plans the deletion of renamed stages. Stages that tyg has not created stay.
func (p *planner) staleStages() {
	for _, have := range p.found.inAPI().stages {
		if !p.isRenamed(have) {
			continue
		}
		p.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeStage, Name: have.name,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := p.client.run(r).DeleteStage(ctx,
					&apigatewayv2.DeleteStageInput{ApiId: &r.IDs.API, StageName: &have.name})
				return ignoreGone(err)
			},
		})
	}
}
