// Package logs is CloudWatch Logs in memory: log groups, their streams, and the search in them.
package logs

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what CloudWatch Logs has.
type State struct {
	*account.Account

	groups map[string]*logGroup
	events int // numbers events in the order of their arrival
}

// A logGroup is a log group with all its streams.
type logGroup struct {
	name      string
	class     string
	created   time.Time
	retention int64  // days; 0 is for ever
	key       string // of KMS; empty: AWS's own
	tags      map[string]string
	streams   map[string][]logEvent
}

// New returns the state of an empty account.
func New(a *account.Account) *State {
	return &State{Account: a, groups: make(map[string]*logGroup)}
}

// Resources names everything that exists.
func (s *State) Resources() []string {
	var all []string
	for name := range s.groups {
		all = append(all, "logs group "+name)
	}
	return all
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"AssociateKmsKey":       s.associateKey,
		"DisassociateKmsKey":    s.disassociateKey,
		"CreateLogGroup":        s.createLogGroup,
		"DescribeLogGroups":     s.describeLogGroups,
		"DeleteLogGroup":        s.deleteLogGroup,
		"PutRetentionPolicy":    s.putRetentionPolicy,
		"DeleteRetentionPolicy": s.deleteRetentionPolicy,
		"TagResource":           s.tagLogGroup,
		"ListTagsForResource":   s.listLogGroupTags,
		"UntagResource":         s.untagLogGroup,
		"CreateLogStream":       s.createLogStream,
		"PutLogEvents":          s.putLogEvents,
		"FilterLogEvents":       s.filterLogEvents,
	}
}

// The errors of CloudWatch Logs all have status 400.
func notFound(what string) error {
	return wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
		"The specified %s does not exist.", what)
}

func alreadyExists(what string) error {
	return wire.Fail(http.StatusBadRequest, "ResourceAlreadyExistsException",
		"The specified %s already exists", what)
}

func invalidParameter(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

// group returns a log group, or the error that there is none.
func (s *State) group(name string) (*logGroup, error) {
	if g := s.groups[name]; g != nil {
		return g, nil
	}
	return nil, notFound("log group")
}

// groupByARN takes the form without ":*" at the end, as tagging does.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html)
func (s *State) groupByARN(arn string) (*logGroup, error) {
	name, ok := strings.CutPrefix(arn, account.ARN("logs", "log-group:"))
	if !ok {
		return nil, invalidParameter("Invalid resource ARN: %s", arn)
	}
	return s.group(name)
}

func (s *State) createLogGroup(in wire.Params) (map[string]any, error) {
	name := in.Str("logGroupName")
	if s.groups[name] != nil {
		return nil, alreadyExists("log group")
	}
	g := &logGroup{
		name: name, class: "STANDARD", created: s.Now(), tags: in.StrMap("tags"),
		streams: make(map[string][]logEvent),
	}
	if in.Has("logGroupClass") {
		g.class = in.Str("logGroupClass")
	}
	if in.Has("kmsKeyId") {
		if err := g.encrypt(in.Str("kmsKeyId")); err != nil {
			return nil, err
		}
	}
	s.groups[name] = g
	return nil, nil
}

// describeLogGroups finds groups by a prefix; AWS has no form that names exactly one group.
func (s *State) describeLogGroups(in wire.Params) (map[string]any, error) {
	prefix, pattern := in.Str("logGroupNamePrefix"), in.Str("logGroupNamePattern")
	if prefix != "" && pattern != "" {
		return nil, invalidParameter(
			"logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters")
	}
	var all []*logGroup
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		if strings.HasPrefix(name, prefix) && strings.Contains(name, pattern) {
			all = append(all, s.groups[name])
		}
	}
	name := func(g *logGroup) string { return g.name }
	some, next := account.Page(s.Account, all, in.Num("limit"), in.Str("nextToken"), name)
	groups := []any{}
	for _, g := range some {
		groups = append(groups, g.describe(s))
	}
	return map[string]any{"logGroups": groups, "nextToken": wire.OrNil(next)}, nil
}

func (g *logGroup) describe(s *State) map[string]any {
	arn := account.ARN("logs", "log-group:"+g.name)
	out := map[string]any{
		"logGroupName": g.name, "arn": arn + ":*", "logGroupArn": arn, "logGroupClass": g.class,
		"creationTime": g.created.UnixMilli(), "metricFilterCount": 0, "storedBytes": 0,
	}
	if g.retention > 0 {
		out["retentionInDays"] = g.retention
	}
	if g.key != "" {
		out["kmsKeyId"] = g.key
	}
	return out
}

// encrypt sets a key, of which there are those of the account and region only.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html)
func (g *logGroup) encrypt(key string) error {
	if !strings.HasPrefix(key, account.ARN("kms", "key/")) {
		return invalidParameter("The specified KMS key does not exist or is not allowed to be used "+
			"with log group %s", account.ARN("logs", "log-group:"+g.name))
	}
	g.key = key
	return nil
}

func (s *State) associateKey(in wire.Params) (map[string]any, error) {
	if in.Has("resourceIdentifier") {
		return nil, wire.Unserved("keys of query results")
	}
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	return nil, g.encrypt(in.Str("kmsKeyId"))
}

func (s *State) disassociateKey(in wire.Params) (map[string]any, error) {
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	g.key = ""
	return nil, nil
}

func (s *State) deleteLogGroup(in wire.Params) (map[string]any, error) {
	if _, err := s.group(in.Str("logGroupName")); err != nil {
		return nil, err
	}
	delete(s.groups, in.Str("logGroupName"))
	return nil, nil
}

// retentions are the numbers of days that AWS allows.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)
var retentions = []int64{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
	3288, 3653,
}

func (s *State) putRetentionPolicy(in wire.Params) (map[string]any, error) {
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	days := in.Num("retentionInDays")
	if !slices.Contains(retentions, days) {
		return nil, invalidParameter("1 validation error detected: Value '%d' at 'retentionInDays' "+
			"failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	g.retention = days
	return nil, nil
}

func (s *State) deleteRetentionPolicy(in wire.Params) (map[string]any, error) {
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	g.retention = 0
	return nil, nil
}

func (s *State) tagLogGroup(in wire.Params) (map[string]any, error) {
	g, err := s.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	maps.Copy(g.tags, in.StrMap("tags"))
	return nil, nil
}

func (s *State) listLogGroupTags(in wire.Params) (map[string]any, error) {
	g, err := s.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"tags": g.tags}, nil
}

func (s *State) untagLogGroup(in wire.Params) (map[string]any, error) {
	g, err := s.groupByARN(in.Str("resourceArn"))
	if err != nil {
		return nil, err
	}
	for _, key := range in.Strs("tagKeys") {
		delete(g.tags, key)
	}
	return nil, nil
}
