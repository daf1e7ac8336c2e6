package apigateway

import (
	"maps"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// checkTags checks the tags of a resource.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-restrictions.html)
func checkTags(tags wire.Params) error {
	if len(tags) > account.MaxTags {
		return badRequest("A resource cannot have more than %d tags", account.MaxTags)
	}
	for key, value := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return badRequest("Tag keys cannot start with aws: %s", key)
		}
		if text, _ := value.(string); len(key) > 128 || len(text) > 256 {
			return badRequest("Tag keys have up to 128 characters, values up to 256: %s", key)
		}
	}
	return nil
}

// retag replaces the tags of the resource with an ARN by what change returns for them.
func (s *State) retag(in wire.Params, change func(wire.Params) wire.Params) error {
	arn := in.Str("ResourceArn")
	path, ok := strings.CutPrefix(arn, "arn:aws:apigateway:"+account.Region+"::/")
	parts := strings.Split(path, "/")
	if !ok || len(parts) != 2 && len(parts) != 4 {
		return badRequest("Invalid resource ARN: %s", arn)
	}
	a, d := s.apis[parts[1]], s.domains[parts[1]]
	switch {
	case parts[0] == "domainnames" && d != nil && len(parts) == 2:
		return replaceTags(&d.members, change)
	case parts[0] == "apis" && a != nil && len(parts) == 2:
		return replaceTags(&a.members, change)
	case parts[0] == "apis" && a != nil && parts[2] == "stages" && a.stages[parts[3]] != nil:
		stage := a.stages[parts[3]]
		err := replaceTags(&stage, change)
		a.stages[parts[3]] = stage
		return err
	}
	return notFound("Invalid resource identifier specified")
}

func replaceTags(members *map[string]any, change func(wire.Params) wire.Params) error {
	tags := change(wire.Params(*members).Obj("Tags"))
	if err := checkTags(tags); err != nil {
		return err
	}
	*members = maps.Clone(*members)
	(*members)["Tags"] = map[string]any(tags)
	return nil
}

func (s *State) tagResource(in wire.Params) (map[string]any, error) {
	return nil, s.retag(in, func(tags wire.Params) wire.Params {
		tags = maps.Clone(tags)
		maps.Copy(tags, in.Obj("Tags"))
		return tags
	})
}

func (s *State) untagResource(in wire.Params) (map[string]any, error) {
	return nil, s.retag(in, func(tags wire.Params) wire.Params {
		tags = maps.Clone(tags)
		for _, key := range in.Strs("TagKeys") {
			delete(tags, key)
		}
		return tags
	})
}

func (s *State) getTags(in wire.Params) (map[string]any, error) {
	var tags wire.Params
	err := s.retag(in, func(has wire.Params) wire.Params {
		tags = has
		return has
	})
	return map[string]any{"Tags": map[string]any(tags)}, err
}
