package lambda

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A Source is a queue or a stream that exists in the account.
type Source struct {
	ARN string

	// Visibility is how long a queue hides a message that was received: 30 seconds by default.
	Visibility time.Duration
}

func (s Source) isQueue() bool { return strings.HasPrefix(s.ARN, "arn:aws:sqs:") }

// A mapping is an event source mapping: Lambda polls a source for a function.
type mapping struct {
	uuid      string
	function  string // name
	qualifier string // version or alias; empty: none
	source    string // ARN
	config    map[string]any
	enabled   bool
	gone      bool // being deleted
	changing  int  // polls
	updated   bool // what changes is not new
	tags      map[string]any
}

// AddSource makes a queue or a stream exist.
func (s *State) AddSource(source Source) {
	if source.Visibility == 0 {
		source.Visibility = 30 * time.Second
	}
	s.sources[source.ARN] = source
}

// state returns the state of the mapping.
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html)
func (m *mapping) state() string {
	switch {
	case m.gone:
		return "Deleting"
	case m.changing > 0 && m.updated:
		return "Updating"
	case m.changing > 0:
		return "Creating"
	case m.enabled:
		return "Enabled"
	}
	return "Disabled"
}

func (m *mapping) describe() map[string]any {
	out := maps.Clone(m.config)
	out["UUID"], out["State"] = m.uuid, m.state()
	out["FunctionArn"] = qualified(functionARN(m.function), m.qualifier)
	out["EventSourceArn"] = m.source
	out["EventSourceMappingArn"] = account.ARN("lambda", "event-source-mapping:"+m.uuid)
	return out
}

func (s *State) createMapping(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(wire.Params{"FunctionName": in["FunctionName"]})
	if err != nil {
		return nil, badParameter("Function does not exist")
	}
	name := f.name
	if err := s.checkSource(f, in); err != nil {
		return nil, err
	}
	for _, m := range s.mappings {
		if m.function == name && m.source == in.Str("EventSourceArn") && !m.gone {
			return nil, conflict("An event source mapping with %s arn (\" %s \") and function (\" %s \") "+
				"already exists. Please update or delete the existing mapping with UUID %s",
				"SQS", m.source, name, m.uuid)
		}
	}
	m := &mapping{
		uuid: s.NewUUID(), function: name, qualifier: qualifier, source: in.Str("EventSourceArn"),
		enabled: true, changing: s.Settle, tags: in.Obj("Tags"),
		config: map[string]any{"BatchSize": json.Number("10")},
	}
	if !(Source{ARN: m.source}).isQueue() {
		m.config = map[string]any{
			"BatchSize": json.Number("100"), "StartingPosition": in.Str("StartingPosition"),
			"MaximumRetryAttempts": json.Number("-1"), "ParallelizationFactor": json.Number("1"),
		}
	}
	m.config["MaximumBatchingWindowInSeconds"] = json.Number("0")
	if err := m.configure(in); err != nil {
		return nil, err
	}
	s.mappings = append(s.mappings, m)
	return m.describe(), nil
}

// configure sets what both CreateEventSourceMapping and UpdateEventSourceMapping have.
func (m *mapping) configure(in wire.Params) error {
	for name := range in {
		switch name {
		case "FunctionName", "EventSourceArn", "StartingPosition", "Enabled", "Tags", "UUID":
		case "BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes",
			"ScalingConfig", "MaximumRetryAttempts":
			m.config[name] = in[name]
			if wire.Blank(in[name]) {
				delete(m.config, name)
			}
		default:
			return wire.Unserved(name)
		}
	}
	if in.Has("Enabled") {
		m.enabled = in.Flag("Enabled")
	}
	conf := wire.Params(m.config)
	// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)
	if (Source{ARN: m.source}).isQueue() && conf.Num("BatchSize") > 10 &&
		conf.Num("MaximumBatchingWindowInSeconds") == 0 {
		return badParameter("Maximum batch window in seconds must be greater than 0 if maximum batch " +
			"size is greater than 10")
	}
	return nil
}

// checkSource refuses a source that does not exist or that the function's role may not read.
func (s *State) checkSource(f *function, in wire.Params) error {
	source, exists := s.sources[in.Str("EventSourceArn")]
	if !exists && s.HasStream(in.Str("EventSourceArn")) {
		source, exists = Source{ARN: in.Str("EventSourceArn")}, true
	}
	actions := readActions(Source{ARN: in.Str("EventSourceArn")})
	for _, action := range actions {
		if !s.RoleAllows(f.name, action, in.Str("EventSourceArn")) {
			_, name, _ := strings.Cut(action, ":")
			return badParameter("The provided execution role does not have permissions to call %s on %s",
				name, strings.ToUpper(strings.Split(action, ":")[0]))
		}
	}
	switch {
	case !exists:
		return badParameter("Error occurred while ReceiveMessage. Error Code: " +
			"AWS.SimpleQueueService.NonExistentQueue. Error Message: The specified queue does not exist.")
	case source.isQueue() && in.Has("StartingPosition"):
		return badParameter("StartingPosition is not valid for SQS event sources.")
	case !source.isQueue() && !in.Has("StartingPosition"):
		return badParameter("1 validation error detected: Value null at 'startingPosition' failed to " +
			"satisfy constraint: Member must not be null.")
	}
	timeout := time.Duration(wire.Params(f.config).Num("Timeout")) * time.Second
	if source.isQueue() && source.Visibility < timeout {
		return badParameter("Queue visibility timeout: %d seconds is less than Function timeout: %d "+
			"seconds", source.Visibility/time.Second, timeout/time.Second)
	}
	return nil
}

// readActions returns what the role of a function needs for Lambda to read a source.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions,
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)
func readActions(source Source) []string {
	if source.isQueue() {
		return []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
	}
	return []string{"dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"}
}

// findMapping returns the mapping that an input names, unless its deletion is over.
func (s *State) findMapping(in wire.Params) (*mapping, error) {
	i := slices.IndexFunc(s.mappings, func(m *mapping) bool { return m.uuid == in.Str("UUID") })
	if i >= 0 && s.mappings[i].gone && !account.Poll(&s.mappings[i].changing) {
		s.mappings = slices.Delete(s.mappings, i, i+1)
		i = -1
	}
	if i < 0 {
		return nil, wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
			"The resource you requested does not exist.")
	}
	return s.mappings[i], nil
}

// settledMapping is findMapping for calls that change. A call counts as a poll.
func (s *State) settledMapping(in wire.Params) (*mapping, error) {
	m, err := s.findMapping(in)
	if err != nil {
		return nil, err
	}
	if m.gone || account.Poll(&m.changing) {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceInUseException",
			"Cannot update the event source mapping %s because it is in use.", m.uuid)
	}
	return m, nil
}

func (s *State) getMapping(in wire.Params) (map[string]any, error) {
	m, err := s.findMapping(in)
	if err != nil {
		return nil, err
	}
	out := m.describe()
	if !m.gone {
		account.Poll(&m.changing)
	}
	return out, nil
}

func (s *State) listMappings(in wire.Params) (map[string]any, error) {
	var all []*mapping
	for _, m := range s.mappings {
		if (!in.Has("FunctionName") || m.function == functionName(in.Str("FunctionName"))) &&
			(!in.Has("EventSourceArn") || m.source == in.Str("EventSourceArn")) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *mapping) int { return strings.Compare(a.uuid, b.uuid) })
	page, next := account.Page(s.Account, all, in.Num("MaxItems"), in.Str("Marker"),
		func(m *mapping) string { return m.uuid })
	var list []any
	for _, m := range page {
		list = append(list, m.describe())
	}
	out := map[string]any{"EventSourceMappings": list}
	return wire.WithNext(out, "NextMarker", next), nil
}

func (s *State) updateMapping(in wire.Params) (map[string]any, error) {
	m, err := s.settledMapping(in)
	if err != nil {
		return nil, err
	}
	changed := *m
	changed.config = maps.Clone(m.config)
	if in.Has("FunctionName") {
		f, qualifier, err := s.findQualified(wire.Params{"FunctionName": in["FunctionName"]})
		if err != nil {
			return nil, badParameter("Function does not exist")
		}
		changed.function, changed.qualifier = f.name, qualifier
	}
	if err := changed.configure(in); err != nil {
		return nil, err
	}
	changed.changing, changed.updated = s.Settle, true
	*m = changed
	return m.describe(), nil
}

func (s *State) deleteMapping(in wire.Params) (map[string]any, error) {
	m, err := s.settledMapping(in)
	if err != nil {
		return nil, err
	}
	m.gone, m.changing = true, s.Settle
	return m.describe(), nil
}

// A Batch is how Lambda reads a source for a function.
type Batch struct {
	Function Function
	Config   map[string]any // members of EventSourceMappingConfiguration
}

// Consumer returns what reads a source. It is an error if there is none, or Lambda could not.
func (s *State) Consumer(arn string) (Batch, error) {
	for _, m := range s.mappings {
		f := s.functions[m.function]
		switch {
		case m.source != arn || m.gone:
		case f == nil:
			return Batch{}, fmt.Errorf("an event source mapping of %s has no function %s", arn, m.function)
		case !m.enabled || m.changing > 0:
			return Batch{}, fmt.Errorf("the event source mapping of %s is %s", arn, m.state())
		default:
			for _, action := range readActions(Source{ARN: arn}) {
				if !s.RoleAllows(f.name, action, arn) {
					return Batch{}, fmt.Errorf("the role of function %s does not allow %s", f.name, action)
				}
			}
			public := f.public(f.at(m.qualifier))
			return Batch{Function: public, Config: maps.Clone(m.config)}, public.runs()
		}
	}
	return Batch{}, fmt.Errorf("nothing reads %s", arn)
}
