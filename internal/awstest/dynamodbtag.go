package awstest

import (
	"maps"
	"slices"
	"strings"
)

func tagTable(c *Cloud, in params) (map[string]any, error) {
	t, err := findTable(c, in)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(t.tags)
	for _, tag := range in.objs("Tags") {
		if strings.HasPrefix(strings.ToLower(tag.str("Key")), "aws:") {
			return nil, invalid("One or more parameter values were invalid: Tag keys cannot start "+
				"with aws: %s", tag.str("Key"))
		}
		tags[tag.str("Key")] = tag.str("Value")
	}
	if len(tags) > maxTags {
		return nil, invalid("One or more parameter values were invalid: Too many tags")
	}
	t.tags = tags
	return nil, nil
}

func untagTable(c *Cloud, in params) (map[string]any, error) {
	t, err := findTable(c, in)
	if err != nil {
		return nil, err
	}
	t.tags = maps.Clone(t.tags)
	for _, key := range in.strs("TagKeys") {
		delete(t.tags, key)
	}
	return nil, nil
}

func listTableTags(c *Cloud, in params) (map[string]any, error) {
	t, err := findTable(c, in)
	if err != nil {
		return nil, err
	}
	keys := slices.Sorted(maps.Keys(t.tags))
	keys, next := page(c, keys, 0, in.str("NextToken"), func(key string) string { return key })
	tags := make([]any, len(keys))
	for i, key := range keys {
		tags[i] = map[string]any{"Key": key, "Value": t.tags[key]}
	}
	return withNext(map[string]any{"Tags": tags}, "NextToken", next), nil
}
