package awstest

import (
	"maps"
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func stageKind() kind {
	return kind{
		name: "Stage", key: "StageName", path: []string{"ApiId"}, live: true,
		shelf: of(func(a *api) shelf { return a.stages }), finish: finishStage, leave: leaveStage,
	}
}

// stagePattern: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-stages.html
var stagePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// finishStage checks a stage against the rest of its API.
func finishStage(c *Cloud, in wire.Params, _, stage map[string]any) error {
	a, is := c.gateway.apis[in.Str("ApiId")], wire.Params(stage)
	if err := nameStage(c, is); err != nil {
		return err
	}
	is["LastUpdatedDate"] = c.Now()
	if id := is.Str("DeploymentId"); id != "" && a.deployments[id] == nil {
		return badRequest("Deployment ID %s does not exist in this API", id)
	}
	if is.Flag("AutoDeploy") && in.Has("DeploymentId") {
		return badRequest("Deployment ID cannot be set manually when auto deploy is enabled")
	}
	if is.Has("ClientCertificateId") {
		return wire.Unserved("client certificates")
	}
	if err := checkSettingsOf(a, is); err != nil {
		return err
	}
	return checkStageLogs(c, is)
}

// nameStage checks what only a new stage brings, and adds what it lacks.
func nameStage(c *Cloud, is wire.Params) error {
	if !stagePattern.MatchString(is.Str("StageName")) {
		return badRequest("Stage name only allows a-zA-Z0-9_- and up to 128 characters: %q",
			is.Str("StageName"))
	}
	complete(is, map[string]any{
		"CreatedDate": c.Now(), "RouteSettings": map[string]any{}, "StageVariables": map[string]any{},
		"Tags": map[string]any{}, "DefaultRouteSettings": map[string]any{
			"DataTraceEnabled": false, "DetailedMetricsEnabled": false, "LoggingLevel": "OFF",
		},
	})
	return checkTags(is.Obj("Tags"))
}

// Account-wide limits of messages in a second, which no stage can exceed.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxRate  = 10_000
	maxBurst = 5_000
)

// checkSettingsOf checks the settings of routes, each of which must be there.
func checkSettingsOf(a *api, stage wire.Params) error {
	keys := make(map[string]bool)
	for _, route := range a.routes {
		keys[route["RouteKey"].(string)] = true
	}
	all := []wire.Params{stage.Obj("DefaultRouteSettings")}
	for key := range stage.Obj("RouteSettings") {
		if !keys[key] {
			return notThere("Unable to find Route by key %s within the provided RouteSettings", key)
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

// AllowStageLogs gives the account the CloudWatch role without which no stage of a WebSocket API
// may write logs. It is a setting of the account and region that another API makes.
func (c *Cloud) AllowStageLogs() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gateway.mayLog = true
}

// checkStageLogs checks where the stage writes its access log, and what.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html)
func checkStageLogs(c *Cloud, stage wire.Params) error {
	level := stage.Obj("DefaultRouteSettings").Str("LoggingLevel")
	access := stage.Obj("AccessLogSettings")
	if (level != "" && level != "OFF" || access != nil) && !c.gateway.mayLog {
		// https://github.com/anomalyco/sst/issues/1556
		return badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")
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

func leaveStage(c *Cloud, in wire.Params, _ map[string]any) error {
	if c.gateway.mapped(in.Str("ApiId"), in.Str("StageName")) {
		return badRequest("Deleting Stage %s failed. Please remove all API mappings for the stage "+
			"from your custom domain names.", in.Str("StageName"))
	}
	return nil
}

func deleteRouteSettings(c *Cloud, in wire.Params) (map[string]any, error) {
	on, was, err := stageKind().find(c, in)
	if err != nil {
		return nil, err
	}
	settings := maps.Clone(map[string]any(wire.Params(was).Obj("RouteSettings")))
	if settings[in.Str("RouteKey")] == nil {
		return nil, notThere("Unable to find Route by key %s within the provided RouteSettings",
			in.Str("RouteKey"))
	}
	delete(settings, in.Str("RouteKey"))
	is := maps.Clone(was)
	is["RouteSettings"] = settings
	on[in.Str("StageName")] = is
	return nil, nil
}

func deleteAccessLogSettings(c *Cloud, in wire.Params) (map[string]any, error) {
	on, was, err := stageKind().find(c, in)
	if err != nil {
		return nil, err
	}
	is := maps.Clone(was)
	delete(is, "AccessLogSettings")
	on[in.Str("StageName")] = is
	return nil, nil
}
