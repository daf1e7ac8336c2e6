package strict

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean returns a question for the end of an error that proposes the nearest of keys, or "" if
// no key is near.
func DidYouMean(key string, keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	near := slices.MinFunc(keys, func(a, b string) int { return distance(key, a) - distance(key, b) })
	if distance(key, near) > 1+len(near)/3 {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}

// distance is the number of characters to insert, delete or change to make b of a, regardless of
// case, - and _.
func distance(a, b string) int {
	plain := strings.NewReplacer("-", "", "_", "")
	a, b = strings.ToLower(plain.Replace(a)), strings.ToLower(plain.Replace(b))
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
