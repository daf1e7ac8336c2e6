package stat_test

import (
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

func TestMaps(t *testing.T) {
	const text = `00400000-00789000 r-xp 00000000 fe:00 1028   /bin/echo
Size:               3620 kB
Rss:                1000 kB
2ddba000-2dddb000 rw-p 00000000 00:00 0                   [heap]
Rss:                  30 kB
6e569400000-6e569c00000 rw-p 00000000 00:00 0 
Rss:                 200 kB
c000000000-c000400000 rw-p 00000000 00:00 0    [anon: Go: heap]
Rss:                   4 kB
7f83f4000000-7f83f4021000 rw-p 00000000 00:00 0 
Rss:                   1 kB
`
	want := stat.Maps{Resident: 1235 << 10, Heap: 204 << 10, File: 1000 << 10}
	if got := stat.ParseMaps(text, "/bin/echo"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
