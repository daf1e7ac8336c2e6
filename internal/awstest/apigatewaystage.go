package awstest

import (
	"maps"
	"regexp"
	"strings"
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
func finishStage(c *Cloud, in params, _, stage map[string]any) error {
	a, is := c.gateway.apis[in.str("ApiId")], params(stage)
	if err := nameStage(c, is); err != nil {
		return err
	}
	is["LastUpdatedDate"] = c.now()
	if id := is.str("DeploymentId"); id != "" && a.deployments[id] == nil {
		return badRequest("Deployment ID %s does not exist in this API", id)
	}
	if is.flag("AutoDeploy") && in.has("DeploymentId") {
		return badRequest("Deployment ID cannot be set manually when auto deploy is enabled")
	}
	if is.has("ClientCertificateId") {
		return unserved("client certificates")
	}
	if err := checkSettingsOf(a, is); err != nil {
		return err
	}
	return checkStageLogs(c, is)
}

// nameStage checks what only a new stage brings, and adds what it lacks.
func nameStage(c *Cloud, is params) error {
	if !stagePattern.MatchString(is.str("StageName")) {
		return badRequest("Stage name only allows a-zA-Z0-9_- and up to 128 characters: %q",
			is.str("StageName"))
	}
	complete(is, map[string]any{
		"CreatedDate": c.now(), "RouteSettings": map[string]any{}, "StageVariables": map[string]any{},
		"Tags": map[string]any{}, "DefaultRouteSettings": map[string]any{
			"DataTraceEnabled": false, "DetailedMetricsEnabled": false, "LoggingLevel": "OFF",
		},
	})
	return checkTags(is.obj("Tags"))
}

// Account-wide limits of messages in a second, which no stage can exceed.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxRate  = 10_000
	maxBurst = 5_000
)

// checkSettingsOf checks the settings of routes, each of which must be there.
func checkSettingsOf(a *api, stage params) error {
	keys := make(map[string]bool)
	for _, route := range a.routes {
		keys[route["RouteKey"].(string)] = true
	}
	all := []params{stage.obj("DefaultRouteSettings")}
	for key := range stage.obj("RouteSettings") {
		if !keys[key] {
			return notThere("Unable to find Route by key %s within the provided RouteSettings", key)
		}
		all = append(all, stage.obj("RouteSettings").obj(key))
	}
	for _, s := range all {
		if rate := decimal(s["ThrottlingRateLimit"]); rate < 0 || rate > maxRate {
			return badRequest("Throttling rate limit must be 0 to %d", maxRate)
		}
		if burst := s.num("ThrottlingBurstLimit"); burst < 0 || burst > maxBurst {
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
func checkStageLogs(c *Cloud, stage params) error {
	level := stage.obj("DefaultRouteSettings").str("LoggingLevel")
	access := stage.obj("AccessLogSettings")
	if (level != "" && level != "OFF" || access != nil) && !c.gateway.mayLog {
		// https://github.com/anomalyco/sst/issues/1556
		return badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")
	}
	if access == nil {
		return nil
	}
	if !strings.HasPrefix(access.str("DestinationArn"), c.arn("logs", "log-group:")) ||
		strings.HasSuffix(access.str("DestinationArn"), ":*") {
		return badRequest("Invalid ARN specified in the request. ARN: %s", access.str("DestinationArn"))
	}
	format := access.str("Format")
	if !strings.Contains(format, "$context.requestId") &&
		!strings.Contains(format, "$context.extendedRequestId") {
		return badRequest("Access log format must contain $context.requestId or " +
			"$context.extendedRequestId")
	}
	return nil
}

func leaveStage(c *Cloud, in params, _ map[string]any) error {
	if c.gateway.mapped(in.str("ApiId"), in.str("StageName")) {
		return badRequest("Deleting Stage %s failed. Please remove all API mappings for the stage "+
			"from your custom domain names.", in.str("StageName"))
	}
	return nil
}

func deleteRouteSettings(c *Cloud, in params) (map[string]any, error) {
	on, was, err := stageKind().find(c, in)
	if err != nil {
		return nil, err
	}
	settings := maps.Clone(map[string]any(params(was).obj("RouteSettings")))
	if settings[in.str("RouteKey")] == nil {
		return nil, notThere("Unable to find Route by key %s within the provided RouteSettings",
			in.str("RouteKey"))
	}
	delete(settings, in.str("RouteKey"))
	is := maps.Clone(was)
	is["RouteSettings"] = settings
	on[in.str("StageName")] = is
	return nil, nil
}

func deleteAccessLogSettings(c *Cloud, in params) (map[string]any, error) {
	on, was, err := stageKind().find(c, in)
	if err != nil {
		return nil, err
	}
	is := maps.Clone(was)
	delete(is, "AccessLogSettings")
	on[in.str("StageName")] = is
	return nil, nil
}
