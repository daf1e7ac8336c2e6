package plan

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Changes are the properties of a resource that differ.
type Changes []Change

// Compare adds a property, unless its values are the same.
func (c *Changes) Compare(property, from, to string) {
	if from != to {
		*c = append(*c, Change{Property: property, From: from, To: to})
	}
}

// CompareJSON adds a property whose values are JSON, unless they mean the same.
func (c *Changes) CompareJSON(property, from, to string) {
	var have, want any
	if json.Unmarshal([]byte(from), &have) == nil && json.Unmarshal([]byte(to), &want) == nil &&
		reflect.DeepEqual(have, want) {
		return
	}
	c.Compare(property, from, to)
}

// TagChanges returns the tags to set and the keys to remove. Tags that AWS sets itself, aws:…,
// stay.
func TagChanges(have, want map[string]string) (set map[string]string, unset []string) {
	set = make(map[string]string)
	for key, value := range want {
		if old, ok := have[key]; !ok || old != value {
			set[key] = value
		}
	}
	for key := range have {
		if _, ok := want[key]; !ok && !strings.HasPrefix(key, "aws:") {
			unset = append(unset, key)
		}
	}
	slices.Sort(unset)
	return set, unset
}

// Tags adds the tags that differ.
func (c *Changes) Tags(have, want map[string]string) {
	set, unset := TagChanges(have, want)
	for _, key := range slices.Sorted(maps.Keys(set)) {
		c.Compare("tag "+key, have[key], set[key])
	}
	for _, key := range unset {
		c.Compare("tag "+key, have[key], "")
	}
}
