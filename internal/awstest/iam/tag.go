package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A tag is a tag as it was written. IAM compares keys without regard to case.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html)
type tag struct{ key, value string }

// maxRoleTags is the most tags of a role.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
const maxRoleTags = 50

// addTags adds all tags, or none and returns an error.
func (r *role) addTags(tags []wire.Params) error {
	all, seen := maps.Clone(r.tags), make(map[string]bool)
	for _, t := range tags {
		key := t.Str("Key")
		lower := strings.ToLower(key)
		if seen[lower] {
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case " +
				"insensitive.")
		}
		if strings.HasPrefix(lower, "aws:") {
			return invalidInput("System tags cannot be added/updated by requester")
		}
		seen[lower] = true
		all[lower] = tag{key, t.Str("Value")}
	}
	if len(all) > maxRoleTags {
		return limitExceeded("The number of tags has reached the maximum limit.")
	}
	r.tags = all
	return nil
}

// tagList returns the tags in the order of their keys in lower case.
func (r *role) tagList() []any {
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		t := r.tags[key]
		list = append(list, map[string]any{"Key": t.key, "Value": t.value})
	}
	return list
}

func (s *State) tagRole(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	return nil, r.addTags(in.Objs("Tags"))
}

func (s *State) untagRole(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	for _, key := range in.Strs("TagKeys") {
		delete(r.tags, strings.ToLower(key))
	}
	return nil, nil
}

func (s *State) listRoleTags(in wire.Params) (map[string]any, error) {
	r, err := s.role(in)
	if err != nil {
		return nil, err
	}
	key := func(t any) string { return strings.ToLower(t.(map[string]any)["Key"].(string)) }
	some, next := account.Page(s.Account, r.tagList(), in.Num("MaxItems"), in.Str("Marker"), key)
	return marked("Tags", some, next), nil
}
