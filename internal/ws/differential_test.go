package ws_test

import (
	"compress/flate"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/lxzan/gws"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
)

var seed = flag.Uint64("seed", 1, "of the conversations in TestSameVerdictAsGWS")

// A comparer compares verdicts.
type comparer struct {
	gwsPeer
	met   map[string]int // names of the allowed differences
	codes map[int]int    // how often we close with each code
}

// compare feeds c to both implementations, in chunks of ours and theirs bytes.
func (j *comparer) compare(t *testing.T, c *exchange, ours, theirs int) {
	t.Helper()
	our := ourVerdict(t, c, ours)
	j.codes[our.code]++
	spot, cut := j.blindSpot(c)
	their := j.verdict(t, c, c.in[:cut], theirs)
	same := slices.Equal(our.answers, their.answers)
	switch {
	case spot != nil && their.code == 0:
		j.met[spot.name]++
		their.code = spot.code
		if spot.code == 0 { // and our verdict about the rest cannot be compared
			n := min(len(our.answers), len(their.answers))
			same, their.code = slices.Equal(our.answers[:n], their.answers), our.code
		}
	case their.code == 0 && refusesHeaders(our.code):
		j.met[early]++
		their = j.verdict(t, c, complete(c.in), theirs)
		same = slices.Equal(our.answers, their.answers)
	}
	if !same || our.extensions != their.extensions || !j.sameCode(c, our, their) {
		t.Errorf("%s: %+v, deflate %v, %d and %d bytes at a time: %.2000q\n"+
			"ours   %v\ntheirs %v", c.name, c.config, c.inflate, ours, theirs, c.in, our, their)
	}
}

// refusesHeaders reports whether code may come before the payload.
func refusesHeaders(code int) bool {
	return code == ws.CloseProtocolError || code == ws.CloseMessageTooBig
}

// blindSpot returns the first blind spot in c, if any, and how many bytes come before it.
func (j *comparer) blindSpot(c *exchange) (*blindSpot, int) {
	for before, f := range wires(c.in) {
		for i := range blindSpots {
			if blindSpots[i].is(c, before, f) {
				return &blindSpots[i], f.at
			}
		}
	}
	return nil, len(c.in)
}

func (j *comparer) sameCode(c *exchange, ours, theirs verdict) bool {
	if ours.code == theirs.code {
		return true
	}
	for _, r := range recodings {
		if r.is(c, ours, theirs) {
			j.met[r.name]++
			return true
		}
	}
	return false
}

// complete adds what is missing of the last payload, within reason.
func complete(in string) string {
	for _, f := range wires(in) {
		if f.missing < 1<<20 {
			in += nul(int(f.missing))
		}
	}
	return in
}

// TestSameVerdictAsGWS feeds the same bytes to this package and to gws. They have to agree on
// everything that is not in the tables of allowed differences.
func TestSameVerdictAsGWS(t *testing.T) {
	j := &comparer{met: make(map[string]int), codes: make(map[int]int)}
	j.servers = make(map[int]*gws.Upgrader)
	for _, cases := range [][]exchange{
		frameCases, fragmentCases, limitCases, inflating(deflateCases), textCases(),
	} {
		for i := range cases {
			for _, chunk := range []int{1, 7, 1 << 20} {
				j.compare(t, &cases[i], chunk, chunk)
			}
		}
	}
	if j.compareGenerated(t) == conversations { // a sample may lack a rare one
		j.checkCoverage(t)
	}
}

// compareGenerated returns how many conversations it has compared.
func (j *comparer) compareGenerated(t *testing.T) int {
	g := generator{compressors: make(map[int]*flate.Writer)}
	chunks := []int{1, 2, 5, 64, 1000, 1 << 17}
	picked := sampletest.Numbers(t, conversations, 2_000)
	for _, n := range picked {
		i := uint64(n)
		c := g.generate(*seed, i)
		c.name = fmt.Sprintf("conversation %d of -seed=%d", i, *seed)
		j.compare(t, c, chunks[i%6], chunks[i/6%6])
		if t.Failed() {
			break
		}
	}
	return len(picked)
}

// checkCoverage fails if an allowed difference does not occur, or if too few conversations end with
// one of the common codes.
func (j *comparer) checkCoverage(t *testing.T) {
	names := []string{early}
	for _, s := range blindSpots {
		names = append(names, s.name)
	}
	for _, r := range recodings {
		names = append(names, r.name)
	}
	for _, name := range names {
		if j.met[name] == 0 {
			t.Errorf("the allowed difference %q did not occur", name)
		}
	}
	for _, code := range []int{0, 1000, 1002, 1005, 1007, 1009} {
		if j.codes[code] < conversations/200 {
			t.Errorf("only %d conversations ended with %d", j.codes[code], code)
		}
	}
}
