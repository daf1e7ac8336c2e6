package functions

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// tailSize is how much of a log the Invoke API returns, in bytes.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
const tailSize = 4 << 10

// reports tells whether anybody wants Lambda's own lines.
func (l *processLog) reports() bool { return l.proc.pool.host.Reports || l.tail != nil }

// report writes one of Lambda's own lines.
func (l *processLog) report(parts ...string) {
	text := strings.Join(parts, "")
	l.tail.add(text)
	if l.proc.pool.host.Reports {
		l.print(Report, text)
	}
}

// summary is the REPORT line.
// (https://docs.aws.amazon.com/lambda/latest/dg/golang-logging.html)
func (l *processLog) summary(took, init time.Duration) string {
	var b strings.Builder
	field := func(name, value string) { b.WriteString(name + ": " + value + "\t") }
	b.WriteString("REPORT ")
	field("RequestId", l.id)
	field("Duration", millis(took)+" ms")
	field("Billed Duration", strconv.FormatFloat(math.Ceil(ms(took)), 'f', 0, 64)+" ms")
	field("Memory Size", strconv.Itoa(l.proc.fn.MemorySize)+" MB")
	if peak := l.proc.group.PeakMemory(); peak > 0 {
		field("Max Memory Used", strconv.Itoa(peak)+" MB")
	}
	if init > 0 {
		field("Init Duration", millis(init)+" ms")
	}
	return b.String()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func millis(d time.Duration) string { return strconv.FormatFloat(ms(d), 'f', 2, 64) }

// A tail is the end of the log of one event. A nil tail keeps nothing.
type tail struct{ b []byte }

func (t *tail) add(line string) {
	if t == nil {
		return
	}
	t.b = append(append(t.b, line...), '\n')
	if extra := len(t.b) - tailSize; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
}

// bytes returns a copy.
func (t *tail) bytes() []byte { return bytes.Clone(t.b) }
