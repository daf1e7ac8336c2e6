package deploy

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// accountLimits returns the limits of an account that has not asked for others. They stand for the
// account's where a limit that was set once has to go: AWS has no call for that.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
func accountLimits(region string) (rate float64, burst int32) {
	low := []string{
		"af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
		"ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
		"me-central-1", "mx-central-1",
	}
	if slices.Contains(low, region) {
		return 2_500, 1_250
	}
	return 10_000, 5_000
}

// complete returns settings as AWS has them: with the defaults written out, and the ARN without its
// end.
func (s StageSettings) complete() StageSettings {
	s.LoggingLevel = cmp.Or(s.LoggingLevel, string(types.LoggingLevelOff))
	s.AccessLogARN = strings.TrimSuffix(s.AccessLogARN, ":*")
	return s
}

func (have foundStage) settingsDiffer(want StageSettings) changes {
	want = want.complete()
	diff := have.routeSettingsDiffer(want)
	diff.compare("access log", have.settings.AccessLogARN, want.AccessLogARN)
	diff.compare("access log format", have.settings.AccessLogFormat, want.AccessLogFormat)
	return diff
}

// routeSettingsDiffer compares what CreateStage and UpdateStage call DefaultRouteSettings.
func (have foundStage) routeSettingsDiffer(want StageSettings) changes {
	want = want.complete()
	var diff changes
	diff.compare("logging level", have.settings.LoggingLevel, want.LoggingLevel)
	diff.compare("data trace", yes(have.settings.DataTrace), yes(want.DataTrace))
	diff.compare("detailed metrics", yes(have.settings.DetailedMetrics), yes(want.DetailedMetrics))
	return append(diff, have.limitsDiffer(want)...)
}

func (have foundStage) limitsDiffer(want StageSettings) changes {
	var diff changes
	rate, burst := accountLimits(have.region)
	if !within(have.rate, want.ThrottlingRate, rate) {
		diff.compare("throttling rate", limit(have.rate), limitOrAccount(want.ThrottlingRate))
	}
	if !within(have.burst, int32(want.ThrottlingBurst), burst) {
		diff.compare("throttling burst",
			limit(have.burst), limitOrAccount(float64(want.ThrottlingBurst)))
	}
	return diff
}

// within reports whether a limit is the one that is wanted, where 0 wants the account's.
func within[T int32 | float64](have *T, want, account T) bool {
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

// limited returns settings in which those that stand for the account's limits are written out.
func (s StageSettings) limited(region string) StageSettings {
	rate, burst := accountLimits(region)
	s.ThrottlingRate = cmp.Or(s.ThrottlingRate, rate)
	s.ThrottlingBurst = cmp.Or(s.ThrottlingBurst, int(burst))
	return s
}

// variables adds what differs between stage variables. Their values may be secrets.
func (c *changes) variables(have, want map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(stageVariables(have, want))) {
		*c = append(*c, Change{Property: "variable " + key, From: "(hidden)", To: "(hidden)"})
	}
}

// stageVariables returns what to send to get from some stage variables to others. An empty value
// removes one, as other clients of this API have found, so that one which is empty is none.
func stageVariables(have, want map[string]string) map[string]string {
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(_, value string) bool { return value == "" })
	set, unset := tagChanges(have, want)
	for _, key := range unset {
		set[key] = ""
	}
	return set
}

// anyRoutes reports whether there is anything in the settings for [StageSettings.routes].
func (s StageSettings) anyRoutes() bool {
	fresh := foundStage{settings: StageSettings{}.complete()}
	return len(fresh.routeSettingsDiffer(s)) > 0
}

// routes returns the settings as AWS has them. A limit of 0 is never among them.
func (s StageSettings) routes() *types.RouteSettings {
	s = s.complete()
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

// accessLog returns nil if there is to be none.
func (s StageSettings) accessLog() *types.AccessLogSettings {
	s = s.complete()
	if s.AccessLogARN == "" {
		return nil
	}
	return &types.AccessLogSettings{DestinationArn: &s.AccessLogARN, Format: &s.AccessLogFormat}
}
