package apigateway

import (
	"maps"
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) stageKind() kind {
	return kind{
		state: s,
		name:  "Stage", key: "StageName", path: []string{"ApiId"}, autoDeploys: true,
		collection: s.ofAPI(func(a *api) collection { return a.stages }),
		prepare:    s.prepareStage, beforeDelete: s.beforeDeleteStage,
	}
}

// stagePattern is what the name of a stage matches.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-stages.html)
var stagePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// prepareStage checks a stage against the rest of its API.
func (s *State) prepareStage(in wire.Params, old map[string]any, stage wire.Params) error {
	a := s.apis[in.Str("ApiId")]
	if err := s.completeStage(stage); err != nil {
		return err
	}
	stage["LastUpdatedDate"] = s.Now()
	if id := stage.Str("DeploymentId"); id != "" && a.deployments[id] == nil {
		return badRequest("Deployment ID %s does not exist in this API", id)
	}
	if stage.Flag("AutoDeploy") && in.Has("DeploymentId") {
		return badRequest("Deployment ID cannot be set manually when auto deploy is enabled")
	}
	if stage.Has("ClientCertificateId") {
		return wire.Unserved("client certificates")
	}
	if err := checkRouteSettings(a, stage); err != nil {
		return err
	}
	if err := s.checkStageLogs(stage); err != nil {
		return err
	}
	if was := wire.Params(old).Str("DeploymentId"); was != "" && was != stage.Str("DeploymentId") {
		a.before[stage.Str("StageName")] = a.snapshots[was]
	}
	return nil
}

// completeStage checks the name and the tags of a stage, and adds its defaults.
func (s *State) completeStage(stage wire.Params) error {
	if !stagePattern.MatchString(stage.Str("StageName")) {
		return badRequest("Stage name only allows a-zA-Z0-9_- and up to 128 characters: %q",
			stage.Str("StageName"))
	}
	complete(stage, map[string]any{
		"CreatedDate": s.Now(), "RouteSettings": map[string]any{}, "StageVariables": map[string]any{},
		"Tags": map[string]any{}, "DefaultRouteSettings": map[string]any{
			"DataTraceEnabled": false, "DetailedMetricsEnabled": false, "LoggingLevel": "OFF",
		},
	})
	return checkTags(stage.Obj("Tags"))
}

// Account-wide limits of messages in a second, which no stage can exceed.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxRate  = 10_000
	maxBurst = 5_000
)

// checkRouteSettings checks the settings of routes, each of which must exist.
func checkRouteSettings(a *api, stage wire.Params) error {
	keys := make(map[string]bool)
	for _, route := range a.routes {
		keys[route["RouteKey"].(string)] = true
	}
	all := []wire.Params{stage.Obj("DefaultRouteSettings")}
	for key := range stage.Obj("RouteSettings") {
		if !keys[key] {
			return notFound("Unable to find Route by key %s within the provided RouteSettings", key)
		}
		all = append(all, stage.Obj("RouteSettings").Obj(key))
	}
	for _, s := range all {
		if rate := s.Float("ThrottlingRateLimit"); rate < 0 || rate > maxRate {
			return badRequest("Throttling rate limit must be 0 to %d", maxRate)
		}
		if burst := s.Num("ThrottlingBurstLimit"); burst < 0 || burst > maxBurst {
			return badRequest("Throttling burst limit must be 0 to %d", maxBurst)
		}
	}
	return nil
}

// AllowStageLogs gives the account the role without which no stage may write logs.
func (s *State) AllowStageLogs() {
	s.mayLog = true
}

// checkStageLogs checks where the stage writes its access log, and what.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html)
func (s *State) checkStageLogs(stage wire.Params) error {
	level := stage.Obj("DefaultRouteSettings").Str("LoggingLevel")
	access := stage.Obj("AccessLogSettings")
	if (level != "" && level != "OFF" || access != nil) && !s.mayLog {
		// https://github.com/anomalyco/sst/issues/1556
		return badRequest("CloudWatch Logs role ARN must be set in account settings " +
			"to enable logging")
	}
	if access == nil {
		return nil
	}
	if !strings.HasPrefix(access.Str("DestinationArn"), account.ARN("logs", "log-group:")) ||
		strings.HasSuffix(access.Str("DestinationArn"), ":*") {
		return badRequest("Invalid ARN specified in the request. ARN: %s", access.Str("DestinationArn"))
	}
	format := access.Str("Format")
	if !strings.Contains(format, "$context.requestId") &&
		!strings.Contains(format, "$context.extendedRequestId") {
		return badRequest("Access log format must contain $context.requestId or " +
			"$context.extendedRequestId")
	}
	return nil
}

func (s *State) beforeDeleteStage(in wire.Params, _ map[string]any) error {
	if s.mapped(in.Str("ApiId"), in.Str("StageName")) {
		return badRequest("Deleting Stage %s failed. Please remove all API mappings for the stage "+
			"from your custom domain names.", in.Str("StageName"))
	}
	return nil
}

func (s *State) deleteRouteSettings(in wire.Params) (map[string]any, error) {
	stages, old, err := s.stageKind().find(in)
	if err != nil {
		return nil, err
	}
	settings := maps.Clone(map[string]any(wire.Params(old).Obj("RouteSettings")))
	if settings[in.Str("RouteKey")] == nil {
		return nil, notFound("Unable to find Route by key %s within the provided RouteSettings",
			in.Str("RouteKey"))
	}
	delete(settings, in.Str("RouteKey"))
	stage := maps.Clone(old)
	stage["RouteSettings"] = settings
	stages[in.Str("StageName")] = stage
	return nil, nil
}

func (s *State) deleteAccessLogSettings(in wire.Params) (map[string]any, error) {
	stages, old, err := s.stageKind().find(in)
	if err != nil {
		return nil, err
	}
	stage := maps.Clone(old)
	delete(stage, "AccessLogSettings")
	stages[in.Str("StageName")] = stage
	return nil, nil
}
