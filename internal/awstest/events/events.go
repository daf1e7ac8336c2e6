// Package events is EventBridge in memory: the rules of buses, and their targets.
package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what EventBridge keeps.
type State struct {
	*account.Account

	functions *lambda.State
	buses     map[string]bool  // by name
	rules     map[string]*rule // by bus and name
}

// A rule is a rule of a bus.
type rule struct {
	bus, name string
	config    map[string]any // members of DescribeRule
	targets   map[string]map[string]any
	tags      map[string]string
}

// defaultBus is the bus that each account has.
const defaultBus = "default"

// New returns the state of an account with its default bus.
func New(a *account.Account, functions *lambda.State) *State {
	return &State{
		Account: a, functions: functions, buses: map[string]bool{defaultBus: true},
		rules: make(map[string]*rule),
	}
}

// AddBus makes a bus exist.
func (s *State) AddBus(name string) { s.buses[name] = true }

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"PutRule":             s.putRule,
		"DescribeRule":        s.describeRule,
		"DeleteRule":          s.deleteRule,
		"PutTargets":          s.putTargets,
		"RemoveTargets":       s.removeTargets,
		"ListTargetsByRule":   s.listTargets,
		"TagResource":         s.tagRule,
		"UntagResource":       s.untagRule,
		"ListTagsForResource": s.listTags,
	}
}

// Resources names all rules.
func (s *State) Resources() []string {
	var all []string
	for _, r := range s.rules {
		all = append(all, "events rule "+r.bus+" "+r.name)
	}
	return all
}

func (r *rule) arn() string {
	if r.bus == defaultBus {
		return account.ARN("events", "rule/"+r.name)
	}
	return account.ARN("events", "rule/"+r.bus+"/"+r.name)
}

// busOf returns the name of a bus that is given by name or ARN.
func busOf(in wire.Params) string {
	bus := in.Str("EventBusName")
	if bus == "" {
		return defaultBus
	}
	return strings.TrimPrefix(bus, account.ARN("events", "event-bus/"))
}

func notFound(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "ResourceNotFoundException", format, args...)
}

// find returns the rule that an input names as Name, Rule or ResourceARN.
func (s *State) find(in wire.Params) (*rule, error) {
	for _, r := range s.rules {
		if in.Has("ResourceARN") && r.arn() == in.Str("ResourceARN") {
			return r, nil
		}
	}
	name := in.Str("Name") + in.Str("Rule")
	if r := s.rules[busOf(in)+"/"+name]; r != nil {
		return r, nil
	}
	return nil, notFound("Rule %s%s does not exist on EventBus %s.", name, in.Str("ResourceARN"),
		busOf(in))
}

var (
	ratePattern = regexp.MustCompile(
		`^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$`)
	cronPattern = regexp.MustCompile(`^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$`)
)

func (s *State) putRule(in wire.Params) (map[string]any, error) {
	bus, name := busOf(in), in.Str("Name")
	schedule := in.Str("ScheduleExpression")
	switch {
	case !s.buses[bus]:
		return nil, notFound("Event bus %s does not exist.", bus)
	case schedule == "" && !in.Has("EventPattern"):
		return nil, wire.Invalid("Parameter(s) EventPattern, ScheduleExpression must be specified.")
	case schedule != "" && bus != defaultBus:
		return nil, wire.Invalid("ScheduleExpression is supported only on the default event bus.")
	case schedule != "" && !ratePattern.MatchString(schedule) && !cronPattern.MatchString(schedule):
		return nil, wire.Invalid("Parameter ScheduleExpression is not valid.")
	}
	if in.Has("EventPattern") {
		var pattern map[string]any
		if json.Unmarshal([]byte(in.Str("EventPattern")), &pattern) != nil || len(pattern) == 0 {
			return nil, wire.Fail(http.StatusBadRequest, "InvalidEventPatternException",
				"Event pattern is not valid.")
		}
	}
	r := s.rules[bus+"/"+name]
	if r == nil {
		r = &rule{
			bus: bus, name: name, targets: make(map[string]map[string]any), tags: make(map[string]string),
		}
		for _, tag := range in.Objs("Tags") { // of an existing rule they are ignored
			r.tags[tag.Str("Key")] = tag.Str("Value")
		}
		s.rules[bus+"/"+name] = r
	}
	r.config = map[string]any{"Name": name, "EventBusName": bus, "Arn": r.arn(), "State": "ENABLED"}
	for _, member := range []string{"Description", "EventPattern", "ScheduleExpression", "State"} {
		if in.Has(member) {
			r.config[member] = in[member]
		}
	}
	return map[string]any{"RuleArn": r.arn()}, nil
}

func (s *State) describeRule(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	return maps.Clone(r.config), nil
}

// deleteRule deletes a rule without targets. One that does not exist is no error.
// (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html)
func (s *State) deleteRule(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, nil
	}
	if len(r.targets) > 0 {
		return nil, wire.Invalid("Rule can't be deleted since it has targets.")
	}
	delete(s.rules, r.bus+"/"+r.name)
	return nil, nil
}

func (s *State) putTargets(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Objs("Targets") {
		for member := range t {
			if member != "Id" && member != "Arn" {
				return nil, wire.Unserved("target member " + member)
			}
		}
		r.targets[t.Str("Id")] = maps.Clone(t)
	}
	if len(r.targets) > 5 {
		return nil, wire.Fail(http.StatusBadRequest, "LimitExceededException",
			"The requested resource exceeds the maximum number allowed.")
	}
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}, nil
}

func (s *State) removeTargets(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	for _, id := range in.Strs("Ids") {
		delete(r.targets, id)
	}
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}, nil
}

func (s *State) listTargets(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(r.targets))
	ids, next := account.PageOfStrings(s.Account, ids, in.Num("Limit"), in.Str("NextToken"))
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = r.targets[id]
	}
	return wire.WithNext(map[string]any{"Targets": list}, "NextToken", next), nil
}

func (s *State) tagRule(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	for _, tag := range in.Objs("Tags") {
		r.tags[tag.Str("Key")] = tag.Str("Value")
	}
	return nil, nil
}

func (s *State) untagRule(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	for _, key := range in.Strs("TagKeys") {
		delete(r.tags, key)
	}
	return nil, nil
}

func (s *State) listTags(in wire.Params) (map[string]any, error) {
	r, err := s.find(in)
	if err != nil {
		return nil, err
	}
	tags := []any{}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		tags = append(tags, map[string]any{"Key": key, "Value": r.tags[key]})
	}
	return map[string]any{"Tags": tags}, nil
}

// Target returns the function that a rule calls. It is an error if there is no such rule, if it is
// disabled, has not one target, or may not call the function.
func (s *State) Target(bus, name string) (lambda.Function, error) {
	r := s.rules[bus+"/"+name]
	switch {
	case r == nil:
		return lambda.Function{}, fmt.Errorf("there is no rule %s on bus %s", name, bus)
	case r.config["State"] != "ENABLED":
		return lambda.Function{}, fmt.Errorf("rule %s is disabled", name)
	case len(r.targets) != 1:
		return lambda.Function{}, fmt.Errorf("rule %s has %d targets", name, len(r.targets))
	}
	for _, t := range r.targets {
		arn, _ := t["Arn"].(string)
		return s.functions.InvocableBy("events.amazonaws.com", arn, r.arn())
	}
	panic("a map of one is empty")
}
