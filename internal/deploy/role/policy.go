package role

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// samePolicy reports whether two documents mean the same. IAM returns trust policies in a form of
// its own, with lists of one as what is in them
// (https://github.com/hashicorp/terraform/pull/5285).
func samePolicy(a, b string) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(text string) []byte {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return []byte(text)
	}
	data, err := json.Marshal(canonicalValue(v))
	if err != nil {
		return []byte(text)
	}
	return data
}

// canonicalValue replaces lists of one element by that element, and sorts lists of strings.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = canonicalValue(value)
		}
	case []any:
		for i, value := range v {
			v[i] = canonicalValue(value)
		}
		if len(v) == 1 {
			return v[0]
		}
		slices.SortFunc(v, func(x, y any) int {
			a, _ := x.(string)
			b, _ := y.(string)
			return strings.Compare(a, b)
		})
	}
	return v
}
