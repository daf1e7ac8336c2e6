package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) tagTable(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(t.tags)
	for _, tag := range in.Objs("Tags") {
		if strings.HasPrefix(strings.ToLower(tag.Str("Key")), "aws:") {
			return nil, wire.Invalid("One or more parameter values were invalid: Tag keys cannot start "+
				"with aws: %s", tag.Str("Key"))
		}
		tags[tag.Str("Key")] = tag.Str("Value")
	}
	if len(tags) > account.MaxTags {
		return nil, wire.Invalid("One or more parameter values were invalid: Too many tags")
	}
	s.setTags(t, tags)
	return nil, nil
}

// setTags changes the tags of a table. They are read some time later.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html)
func (s *State) setTags(t *table, tags map[string]string) {
	if t.tagSettling == 0 {
		t.oldTags = t.tags
	}
	t.tags, t.tagSettling = tags, s.Settle
}

func (s *State) untagTable(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(t.tags)
	for _, key := range in.Strs("TagKeys") {
		delete(tags, key)
	}
	s.setTags(t, tags)
	return nil, nil
}

func (s *State) listTableTags(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	if !in.Has("NextToken") {
		t.listed = t.tags
		if t.tagSettling > 0 {
			t.tagSettling--
			t.listed = t.oldTags
		}
	}
	keys := slices.Sorted(maps.Keys(t.listed))
	keys, next := account.PageOfStrings(s.Account, keys, 0, in.Str("NextToken"))
	tags := make([]any, len(keys))
	for i, key := range keys {
		tags[i] = map[string]any{"Key": key, "Value": t.listed[key]}
	}
	return wire.WithNext(map[string]any{"Tags": tags}, "NextToken", next), nil
}
