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
	if distance(key, near) <= 1+len(plain(near))/4 {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	short := func(long string) bool { return isShort(key, long) }
	if i := slices.IndexFunc(keys, short); i >= 0 {
		return fmt.Sprintf("; did you mean %q?", keys[i])
	}
	return ""
}

// isShort reports whether key is a word of long, such as timeout of lambda_timeout, or abbreviates
// it, as conns does connections.
func isShort(key, long string) bool {
	key, long = plain(key), plain(long)
	if len(key) < 4 {
		return false
	}
	if strings.Contains(long, key) {
		return true
	}
	if !strings.HasPrefix(long, key[:1]) {
		return false
	}
	for i := range len(key) {
		at := strings.IndexByte(long, key[i])
		if at < 0 {
			return false
		}
		long = long[at+1:]
	}
	return true
}

// plain returns a key in lower case without - and _.
func plain(key string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(key))
}

// distance is the number of characters to insert, delete or change to make b of a, regardless of
// case, - and _.
func distance(a, b string) int {
	a, b = plain(a), plain(b)
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
