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
	t.tags = tags
	return nil, nil
}

func (s *State) untagTable(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	t.tags = maps.Clone(t.tags)
	for _, key := range in.Strs("TagKeys") {
		delete(t.tags, key)
	}
	return nil, nil
}

func (s *State) listTableTags(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	keys := slices.Sorted(maps.Keys(t.tags))
	keys, next := account.PageOfStrings(s.Account, keys, 0, in.Str("NextToken"))
	tags := make([]any, len(keys))
	for i, key := range keys {
		tags[i] = map[string]any{"Key": key, "Value": t.tags[key]}
	}
	return wire.WithNext(map[string]any{"Tags": tags}, "NextToken", next), nil
}
