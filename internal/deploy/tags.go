package deploy

import (
	"maps"
	"slices"
	"strings"
)

// tagKeys returns the keys of tags that are or were the application's, on anything.
func tagKeys(app Application, state State) map[string]bool {
	keys := app.TagKeys()
	for _, key := range state.TagKeys {
		keys[key] = true
	}
	return keys
}

// ignoreTags forgets the tags that somebody else has put on what there is: accounts have programs that
// do so, and would do it again.
func (f *Found) ignoreTags(ours map[string]bool) {
	keep := func(tags map[string]string) {
		maps.DeleteFunc(tags, func(key, _ string) bool { return !ours[key] })
	}
	for _, t := range f.tables {
		keep(t.tags)
	}
	for _, g := range f.logGroups {
		keep(g.tags)
	}
	for _, r := range f.roles {
		keep(r.tags)
	}
	for _, fn := range f.functions {
		keep(fn.tags)
	}
	if f.api != nil {
		keep(f.api.tags)
		for _, s := range f.api.stages {
			keep(s.tags)
		}
	}
	if f.domain != nil {
		keep(f.domain.tags)
	}
}

// tagChanges returns what to set and what to remove. Tags of AWS itself stay.
func tagChanges(have, want map[string]string) (set map[string]string, unset []string) {
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

// tags adds what differs between two sets of tags.
func (c *changes) tags(have, want map[string]string) {
	set, unset := tagChanges(have, want)
	for _, key := range slices.Sorted(maps.Keys(set)) {
		c.compare("tag "+key, have[key], set[key])
	}
	for _, key := range unset {
		c.compare("tag "+key, have[key], "")
	}
}
