package lambda

import (
	"maps"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) listFunctionTags(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": f.tags}, nil
}

func (s *State) tagFunction(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	tags := make(map[string]any)
	maps.Copy(tags, f.tags)
	maps.Copy(tags, in.Obj("Tags"))
	if err := checkFunctionTags(tags); err != nil {
		return nil, err
	}
	f.tags = tags
	return nil, nil
}

func (s *State) untagFunction(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	f.tags = maps.Clone(f.tags)
	for _, key := range in.Strs("TagKeys") {
		delete(f.tags, key)
	}
	return nil, nil
}

// checkFunctionTags checks new tags.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html)
func checkFunctionTags(tags wire.Params) error {
	for key := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return badParameter("Tag keys cannot start with 'aws:': %s", key)
		}
	}
	if len(tags) > account.MaxTags {
		return badParameter("A resource cannot have more than %d tags", account.MaxTags)
	}
	return nil
}
