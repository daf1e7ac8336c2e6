package deploy

import (
	"maps"
	"slices"
	"strings"
)

// tags returns the tags of a resource: the application's, its own, which win, and ours.
func (a Application) tags(own map[string]string) map[string]string {
	all := make(map[string]string)
	maps.Copy(all, a.Tags)
	maps.Copy(all, own)
	all[tagKey] = a.tag()
	return all
}

// roleTags returns the tags of a role.
func (a Application) roleTags(account Account) map[string]string {
	all := a.tags(nil)
	all[tagKey] = a.RoleTag(account.Region)
	return all
}

// tagChanges returns what to set and what to remove. Tags of AWS itself stay, and so does that of its
// myApplications.
func tagChanges(have, want map[string]string) (set map[string]string, unset []string) {
	set = make(map[string]string)
	for key, value := range want {
		if old, ok := have[key]; !ok || old != value {
			set[key] = value
		}
	}
	for key := range have {
		if _, ok := want[key]; !ok && !strings.HasPrefix(key, "aws:") && key != "awsApplication" {
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
