package api

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// settingsDiff compares the settings of a stage.
func (s foundStage) settingsDiff(want spec.StageSettings) plan.Changes {
	want = want.Complete()
	diff := s.routeSettingsDiff(want)
	diff.Compare("access log", s.settings.AccessLogARN, want.AccessLogARN)
	diff.Compare("access log format", s.settings.AccessLogFormat, want.AccessLogFormat)
	return diff
}

// routeSettingsDiff compares what CreateStage and UpdateStage call DefaultRouteSettings.
func (s foundStage) routeSettingsDiff(want spec.StageSettings) plan.Changes {
	want = want.Complete()
	var diff plan.Changes
	diff.Compare("logging level", s.settings.LoggingLevel, want.LoggingLevel)
	diff.Compare("data trace", yesNo(s.settings.DataTrace), yesNo(want.DataTrace))
	diff.Compare("detailed metrics", yesNo(s.settings.DetailedMetrics), yesNo(want.DetailedMetrics))
	return append(diff, s.limitsDiff(want)...)
}

func (s foundStage) limitsDiff(want spec.StageSettings) plan.Changes {
	var diff plan.Changes
	rate, burst := spec.AccountLimits(s.region)
	if !isLimit(s.rate, want.ThrottlingRate, rate) {
		diff.Compare("throttling rate", limit(s.rate), limitOrAccount(want.ThrottlingRate))
	}
	if !isLimit(s.burst, int32(want.ThrottlingBurst), int32(burst)) {
		diff.Compare("throttling burst",
			limit(s.burst), limitOrAccount(float64(want.ThrottlingBurst)))
	}
	return diff
}

// isLimit reports whether a limit has the wanted value, where 0 means that of the account.
func isLimit[T int32 | float64](have *T, want, account T) bool {
	if want == 0 {
		return have == nil || *have == account
	}
	return have != nil && *have == want
}

func limit[T int32 | float64](n *T) string {
	if n == nil {
		return "the account's"
	}
	return strconv.FormatFloat(float64(*n), 'g', -1, 64)
}

func limitOrAccount(n float64) string {
	if n == 0 {
		return limit[float64](nil)
	}
	return limit(&n)
}

// withAccountLimits returns settings with the limits of the account instead of 0.
func withAccountLimits(s spec.StageSettings, region string) spec.StageSettings {
	rate, burst := spec.AccountLimits(region)
	s.ThrottlingRate = cmp.Or(s.ThrottlingRate, rate)
	s.ThrottlingBurst = cmp.Or(s.ThrottlingBurst, burst)
	return s
}

// variablesDiff compares stage variables. It leaves out their values, which may be secrets.
func variablesDiff(have, want map[string]string) plan.Changes {
	var diff plan.Changes
	for _, key := range slices.Sorted(maps.Keys(stageVariables(have, want))) {
		diff = append(diff, plan.Change{
			Property: "variable " + key, From: shown(have, key), To: shownAfter(have, want, key),
		})
	}
	return diff
}

// shown returns whether a variable is set, in place of its value.
func shown(variables map[string]string, key string) string {
	if variables[key] == "" {
		return ""
	}
	return "(set)"
}

// shownAfter returns what a variable becomes, in place of its value.
func shownAfter(have, want map[string]string, key string) string {
	if have[key] != "" && want[key] != "" {
		return "(another value)"
	}
	return shown(want, key)
}

// stageVariables returns the variables to send to change have into want. An empty value removes a
// variable, as other clients of this API have found, so a variable cannot be empty.
func stageVariables(have, want map[string]string) map[string]string {
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(_, value string) bool { return value == "" })
	set, unset := plan.TagChanges(have, want)
	for _, key := range unset {
		set[key] = ""
	}
	return set
}

// hasRouteSettings reports whether [routeSettings] differ from those of a new stage.
func hasRouteSettings(s spec.StageSettings) bool {
	fresh := foundStage{settings: spec.StageSettings{}.Complete()}
	return len(fresh.routeSettingsDiff(s)) > 0
}

// routeSettings returns settings as AWS takes them. They never contain a limit of 0.
func routeSettings(s spec.StageSettings) *types.RouteSettings {
	s = s.Complete()
	all := &types.RouteSettings{
		LoggingLevel: types.LoggingLevel(s.LoggingLevel), DataTraceEnabled: &s.DataTrace,
		DetailedMetricsEnabled: &s.DetailedMetrics,
	}
	if s.ThrottlingRate > 0 {
		all.ThrottlingRateLimit = &s.ThrottlingRate
	}
	if s.ThrottlingBurst > 0 {
		all.ThrottlingBurstLimit = aws.Int32(int32(s.ThrottlingBurst))
	}
	return all
}

// accessLogSettings returns nil if there is no access log.
func accessLogSettings(s spec.StageSettings) *types.AccessLogSettings {
	s = s.Complete()
	if s.AccessLogARN == "" {
		return nil
	}
	return &types.AccessLogSettings{DestinationArn: &s.AccessLogARN, Format: &s.AccessLogFormat}
}
