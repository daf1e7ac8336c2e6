package awstest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// logsState is what CloudWatch Logs has.
type logsState struct {
	groups map[string]*logGroup
	events int // numbers events in the order of their arrival
}

// A logGroup is a log group with all its streams.
type logGroup struct {
	name      string
	class     string
	created   time.Time
	retention int64 // days; 0 is for ever
	tags      map[string]string
	streams   map[string][]logEvent
}

func newLogsState() *logsState { return &logsState{groups: make(map[string]*logGroup)} }

func (s *logsState) resources() []string {
	var all []string
	for name := range s.groups {
		all = append(all, "logs group "+name)
	}
	return all
}

func logsOperations() map[string]operation {
	return map[string]operation{
		"CreateLogGroup":        createLogGroup,
		"DescribeLogGroups":     describeLogGroups,
		"DeleteLogGroup":        deleteLogGroup,
		"PutRetentionPolicy":    putRetentionPolicy,
		"DeleteRetentionPolicy": deleteRetentionPolicy,
		"TagResource":           tagLogGroup,
		"ListTagsForResource":   listLogGroupTags,
		"UntagResource":         untagLogGroup,
		"CreateLogStream":       createLogStream,
		"PutLogEvents":          putLogEvents,
		"FilterLogEvents":       filterLogEvents,
	}
}

// The errors of CloudWatch Logs all have status 400.
func logsMissing(what string) error {
	return wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
		"The specified %s does not exist.", what)
}

func logsExists(what string) error {
	return wire.Fail(http.StatusBadRequest, "ResourceAlreadyExistsException",
		"The specified %s already exists", what)
}

func logsInvalid(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

// group returns a log group, or the error for one that there is not.
func (s *logsState) group(name string) (*logGroup, error) {
	if g := s.groups[name]; g != nil {
		return g, nil
	}
	return nil, logsMissing("log group")
}

// groupByARN takes the form without ":*" at the end, as tagging does.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html)
func (c *Cloud) groupByARN(arn string) (*logGroup, error) {
	name, ok := strings.CutPrefix(arn, account.ARN("logs", "log-group:"))
	if !ok {
		return nil, logsInvalid("Invalid resource ARN: %s", arn)
	}
	return c.logs.group(name)
}

func createLogGroup(c *Cloud, in wire.Params) (map[string]any, error) {
	name := in.Str("logGroupName")
	if c.logs.groups[name] != nil {
		return nil, logsExists("log group")
	}
	g := &logGroup{
		name: name, class: "STANDARD", created: c.Now(), tags: in.StrMap("tags"),
		streams: make(map[string][]logEvent),
	}
	if in.Has("logGroupClass") {
		g.class = in.Str("logGroupClass")
	}
	c.logs.groups[name] = g
	return nil, nil
}

// describeLogGroups has no form that names one group: a prefix also finds those of longer names.
func describeLogGroups(c *Cloud, in wire.Params) (map[string]any, error) {
	prefix, pattern := in.Str("logGroupNamePrefix"), in.Str("logGroupNamePattern")
	if prefix != "" && pattern != "" {
		return nil, logsInvalid(
			"logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters")
	}
	var all []*logGroup
	for _, name := range slices.Sorted(maps.Keys(c.logs.groups)) {
		if strings.HasPrefix(name, prefix) && strings.Contains(name, pattern) {
			all = append(all, c.logs.groups[name])
		}
	}
	name := func(g *logGroup) string { return g.name }
	some, next := account.Page(c.Account, all, in.Num("limit"), in.Str("nextToken"), name)
	groups := []any{}
	for _, g := range some {
		groups = append(groups, g.describe(c))
	}
	return map[string]any{"logGroups": groups, "nextToken": wire.OrNil(next)}, nil
}

func (g *logGroup) describe(c *Cloud) map[string]any {
	arn := account.ARN("logs", "log-group:"+g.name)
	out := map[string]any{
		"logGroupName": g.name, "arn": arn + ":*", "logGroupArn": arn, "logGroupClass": g.class,
		"creationTime": g.created.UnixMilli(), "metricFilterCount": 0, "storedBytes": 0,
	}
	if g.retention > 0 {
		out["retentionInDays"] = g.retention
	}
	return out
}

func deleteLogGroup(c *Cloud, in wire.Params) (map[string]any, error) {
	if _, err := c.logs.group(in.Str("logGroupName")); err != nil {
		return nil, err
	}
	delete(c.logs.groups, in.Str("logGroupName"))
	return nil, nil
}

// retentions are the days that there are.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)
var retentions = []int64{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
	3288, 3653,
}

func putRetentionPolicy(c *Cloud, in wire.Params) (map[string]any, error) {
	g, err := c.logs.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	days := in.Num("retentionInDays")
	if !slices.Contains(retentions, days) {
		return nil, logsInvalid("1 validation error detected: Value '%d' at 'retentionInDays' "+
			"failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	g.retention = days
	return nil, nil
}

func deleteRetentionPolicy(c *Cloud, in wire.Params) (map[string]any, error) {
	g, err := c.logs.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	g.retention = 0
	return nil, nil
}

func tagLogGroup(c *Cloud, in wire.Params) (map[string]any, error) {
	g, err := c.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	maps.Copy(g.tags, in.StrMap("tags"))
	return nil, nil
}

func listLogGroupTags(c *Cloud, in wire.Params) (map[string]any, error) {
	g, err := c.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"tags": g.tags}, nil
}

func untagLogGroup(c *Cloud, in wire.Params) (map[string]any, error) {
	g, err := c.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	for _, key := range in.Strs("tagKeys") {
		delete(g.tags, key)
	}
	return nil, nil
}
