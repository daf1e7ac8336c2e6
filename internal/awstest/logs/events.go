package logs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A logEvent is a line of a log.
type logEvent struct {
	id       string // sorts like the arrival
	stream   string
	at       int64 // milliseconds since 1970, as are all times of CloudWatch Logs
	ingested int64
	message  string
}

func (s *State) createLogStream(in wire.Params) (map[string]any, error) {
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	name := in.Str("logStreamName")
	if _, exists := g.streams[name]; exists {
		return nil, alreadyExists("log stream")
	}
	g.streams[name] = nil
	return nil, nil
}

func (s *State) putLogEvents(in wire.Params) (map[string]any, error) {
	g, err := s.group(in.Str("logGroupName"))
	if err != nil {
		return nil, err
	}
	stream := in.Str("logStreamName")
	events, exists := g.streams[stream]
	if !exists {
		return nil, notFound("log stream")
	}
	last := int64(0)
	for _, e := range in.Objs("logEvents") {
		at := e.Num("timestamp")
		if at < last {
			return nil, invalidParameter("Log events in a single PutLogEvents request must be in " +
				"chronological order.")
		}
		last = at
		s.events++
		events = append(events, logEvent{
			id: fmt.Sprintf("%056d", s.events), stream: stream, at: at,
			ingested: s.Now().UnixMilli(), message: e.Str("message"),
		})
	}
	g.streams[stream] = events
	return map[string]any{"nextSequenceToken": fmt.Sprintf("%056d", s.events)}, nil
}

// Append writes a line to a stream of a log group, and makes the stream if there is none. It
// reports false if there is no such group.
func (s *State) Append(group, stream, line string) bool {
	g := s.groups[group]
	if g == nil {
		return false
	}
	s.events++
	now := s.Now().UnixMilli()
	g.streams[stream] = append(g.streams[stream], logEvent{
		id: fmt.Sprintf("%056d", s.events), stream: stream, at: now, ingested: now, message: line,
	})
	return true
}

// filterLogEvents returns pages, the first of which is empty if there are several: AWS may return
// an empty page though there are more events.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html)
func (s *State) filterLogEvents(in wire.Params) (map[string]any, error) {
	g, err := s.groupOf(in)
	if err != nil {
		return nil, err
	}
	all, err := g.filter(in)
	if err != nil {
		return nil, err
	}
	token := in.Str("nextToken")
	if token == "" && len(all) > s.PageSize {
		return map[string]any{"events": []any{}, "nextToken": all[0].key()}, nil
	}
	some, next := account.Page(s.Account, all, in.Num("limit"), token, logEvent.key)
	events := []any{}
	for _, e := range some {
		events = append(events, map[string]any{
			"logStreamName": e.stream, "timestamp": e.at, "message": e.message,
			"ingestionTime": e.ingested, "eventId": e.id,
		})
	}
	return map[string]any{
		"events": events, "nextToken": wire.OrNil(next), "searchedLogStreams": []any{},
	}, nil
}

// groupOf returns the log group that is given by name, or by name or ARN as an identifier.
func (s *State) groupOf(in wire.Params) (*logGroup, error) {
	name, id := in.Str("logGroupName"), in.Str("logGroupIdentifier")
	switch {
	case (name == "") == (id == ""):
		return nil, invalidParameter("Exactly one of logGroupName and logGroupIdentifier is required")
	case strings.HasPrefix(id, "arn:"):
		return s.groupByARN(id)
	default:
		return s.group(name + id)
	}
}

// key sorts events by time, and within a millisecond by their arrival.
func (e logEvent) key() string { return fmt.Sprintf("%020d-%s", e.at, e.id) }

// filter returns the events that in asks for, in order of time whatever their stream.
func (g *logGroup) filter(in wire.Params) ([]logEvent, error) {
	matches, err := parseFilter(in.Str("filterPattern"))
	if err != nil {
		return nil, err
	}
	streams, err := g.chosen(in)
	if err != nil {
		return nil, err
	}
	var all []logEvent
	for _, name := range streams {
		for _, e := range g.streams[name] {
			late := in.Has("endTime") && e.at > in.Num("endTime")
			if e.at >= in.Num("startTime") && !late && matches(e.message) {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b logEvent) int { return strings.Compare(a.key(), b.key()) })
	return all, nil
}

// chosen returns the names of the streams that in asks for, all by default.
func (g *logGroup) chosen(in wire.Params) ([]string, error) {
	names, prefix := in.Strs("logStreamNames"), in.Str("logStreamNamePrefix")
	if names != nil && prefix != "" {
		return nil, invalidParameter(
			"logStreamNames and logStreamNamePrefix are mutually exclusive parameters")
	}
	for _, name := range names {
		if _, exists := g.streams[name]; !exists {
			return nil, notFound("log stream")
		}
	}
	if names != nil {
		return names, nil
	}
	all := slices.Sorted(maps.Keys(g.streams))
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, prefix) }), nil
}

// parseFilter understands patterns of terms: all must be in a message, one of those with "?",
// none of those with "-". Patterns for JSON and for columns are refused.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/FilterAndPatternSyntaxForUnstructuredLogs.html)
func parseFilter(pattern string) (func(message string) bool, error) {
	var all, some, none []string
	for rest := strings.TrimSpace(pattern); rest != ""; rest = strings.TrimSpace(rest) {
		list := &all
		if rest[0] == '?' {
			list, rest = &some, rest[1:]
		} else if rest[0] == '-' {
			list, rest = &none, rest[1:]
		}
		var term string
		if term, rest = cutTerm(rest); term == "" {
			return nil, invalidParameter("Invalid filter pattern")
		}
		*list = append(*list, term)
	}
	return func(message string) bool {
		in := func(term string) bool { return strings.Contains(message, term) }
		out := func(term string) bool { return !in(term) }
		return !slices.ContainsFunc(all, out) && !slices.ContainsFunc(none, in) &&
			(some == nil || slices.ContainsFunc(some, in))
	}, nil
}

// cutTerm returns the first term of s, "" if there is none: letters, digits and "_", or anything
// within quotes.
func cutTerm(s string) (term, rest string) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		term, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", ""
		}
		return term, rest
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if end < 0 {
		return s, ""
	}
	if s[end] != ' ' {
		return "", ""
	}
	return s[:end], s[end:]
}
