package dynamodb

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Limits of streams. The real one keeps records for a day however many there are; this one is in
// the memory of a developer's machine.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)
const (
	streamLife    = 24 * time.Hour
	maxStreamSize = 64 << 20 // bytes of items, and of those of all streams that have ended
	maxEnded      = 100      // streams that have ended
	entryOverhead = 500      // bytes of memory that a change takes beside its items, about
)

// maxBatchSize is how many bytes of records Lambda hands over at once; an event has 6 MB at most.
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html)
const maxBatchSize = 6<<20 - 64<<10

// shardID is the only shard of a stream, so that all changes of a table are in one order.
const shardID = "shardId-00000000000000000000-00000001"

// A stream has the changes of a table. It outlives both its end and its table, until its records
// are old.
type stream struct {
	table   *table
	label   string
	view    string // KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES
	created time.Time
	ended   bool

	changes []entry
	first   uint64        // the number of changes[0]
	size    int           // what changes takes
	limit   int           // of size
	more    chan struct{} // closed when there is another change, or another stream
}

// An entry is what a stream says of a write.
type entry struct {
	kind      string // INSERT, MODIFY or REMOVE
	keys      item
	old, next item // as far as the view has them
	at        time.Time
	size      int
}

type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string `json:",omitempty"`
}

func (s *stream) arn() string { return s.table.arn() + "/stream/" + s.label }

// sequence returns a sequence number, all of which have as many digits.
func sequence(n uint64) string { return fmt.Sprintf("1%020d", n) }

// end returns the number of the next change.
func (s *stream) end() uint64 { return s.first + uint64(len(s.changes)) }

// setStream begins or ends the stream of a table.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html)
func (s *Server) setStream(t *table, in *streamSpecification) error {
	switch {
	case in == nil:
		return nil
	case in.StreamEnabled != (in.StreamViewType != ""):
		return invalid("One or more parameter values were invalid: StreamViewType is required if " +
			"StreamEnabled is true, and must not be given otherwise")
	case in.StreamEnabled && t.stream != nil:
		return invalid("Table already has an enabled stream: TableName: %s", t.name)
	case !in.StreamEnabled && t.stream == nil:
		return invalid("Table has no stream to disable: TableName: %s", t.name)
	case !in.StreamEnabled:
		t.stream.ended, t.stream = true, nil
		return nil
	}
	if !slices.Contains([]string{
		"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES",
	}, in.StreamViewType) {
		return invalid("1 validation error detected: Value '%s' at 'streamSpecification."+
			"streamViewType' failed to satisfy constraint: Member must satisfy enum value set: "+
			"[NEW_AND_OLD_IMAGES, OLD_IMAGE, NEW_IMAGE, KEYS_ONLY]", in.StreamViewType)
	}
	now := time.Now()
	new := &stream{
		table: t, view: in.StreamViewType, created: now, first: 1, more: make(chan struct{}),
		label: now.UTC().Format("2006-01-02T15:04:05.000"), limit: s.streamSize(),
	}
	for s.streams[new.arn()] != nil { // two within a millisecond
		now = now.Add(time.Millisecond)
		new.label = now.UTC().Format("2006-01-02T15:04:05.000")
	}
	if s.streams == nil {
		s.streams = make(map[string]*stream)
	}
	s.forgetEnded()
	s.streams[new.arn()] = new
	if t.latest != nil {
		close(t.latest.more)
	}
	t.stream, t.latest = new, new
	return nil
}

func (s *Server) streamSize() int {
	if s.StreamSize > 0 {
		return min(s.StreamSize, maxStreamSize)
	}
	return maxStreamSize
}

// forgetEnded forgets the streams that have ended and are old, or for which there is no room: the
// oldest first.
func (s *Server) forgetEnded() {
	var ended []*stream
	for _, st := range s.streams {
		if st.ended {
			ended = append(ended, st)
		}
	}
	slices.SortFunc(ended, func(a, b *stream) int { return b.created.Compare(a.created) })
	size := 0
	for i, st := range ended {
		st.trim()
		size += st.size
		old := len(st.changes) == 0 && time.Since(st.created) > streamLife
		if old || i >= maxEnded || size > s.streamSize() {
			delete(s.streams, st.arn())
		}
	}
}

// note adds a write. One that changes nothing is no change.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)
func (s *stream) note(old, next item) {
	c := entry{kind: "MODIFY", at: time.Now()}
	switch {
	case old == nil && next == nil, reflect.DeepEqual(old, next):
		return
	case old == nil:
		c.kind = "INSERT"
	case next == nil:
		c.kind = "REMOVE"
	}
	if next != nil {
		c.keys = s.table.keys.of(next)
	} else {
		c.keys = s.table.keys.of(old)
	}
	if strings.HasPrefix(s.view, "NEW") {
		c.next = next
	}
	if strings.HasSuffix(s.view, "OLD_IMAGES") || s.view == "OLD_IMAGE" {
		c.old = old
	}
	c.size = c.keys.size() + c.next.size() + c.old.size()
	s.changes, s.size = append(s.changes, c), s.size+c.size+entryOverhead
	s.trim()
	close(s.more)
	s.more = make(chan struct{})
}

// trim removes changes that are old, and those for which there is no room.
func (s *stream) trim() {
	n := 0
	for n < len(s.changes) &&
		(s.size > s.limit || time.Since(s.changes[n].at) > streamLife) {
		s.size -= s.changes[n].size + entryOverhead
		n++
	}
	clear(s.changes[:n]) // frees the items; the next append that needs room frees the rest
	s.changes, s.first = s.changes[n:], s.first+uint64(n)
}

// record returns a change as GetRecords has it. Lambda's also has the ARN.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html,
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)
func (s *stream) record(n uint64) map[string]any {
	c := s.changes[n-s.first]
	change := map[string]any{
		"ApproximateCreationDateTime": c.at.Unix(), "Keys": c.keys, "SequenceNumber": sequence(n),
		"SizeBytes": c.size, "StreamViewType": s.view,
	}
	if c.next != nil {
		change["NewImage"] = c.next
	}
	if c.old != nil {
		change["OldImage"] = c.old
	}
	return map[string]any{
		"eventID": fmt.Sprintf("%s-%d", s.label, n), "eventName": c.kind, "eventVersion": "1.1",
		"eventSource": "aws:dynamodb", "awsRegion": region, "dynamodb": change,
	}
}

// A Position is a place in a stream. The zero Position is its beginning.
type Position struct {
	arn  string
	next uint64
}

// A Batch is what follows a [Position] in the stream of a table.
type Batch struct {
	// Records are changes in their order, as Lambda hands them over.
	Records []json.RawMessage
	// Sequences are the sequence numbers of the records.
	Sequences []string
	// Lost is how many changes were too old or too many to be kept.
	Lost uint64
	// Next is the position after the records.
	Next Position
	// More is closed when there may be more. It is nil for a table without a stream.
	More <-chan struct{}
}

// At returns the position of one of the records.
func (b Batch) At(sequence string) (Position, bool) {
	i := slices.Index(b.Sequences, sequence)
	if i < 0 {
		return Position{}, false
	}
	return Position{b.Next.arn, b.Next.next - uint64(len(b.Sequences)-i)}, true
}

// Changes returns at most limit changes of a table from a position on. A stream that has begun
// again is read from its beginning.
func (s *Server) Changes(table string, from Position, limit int) (Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(table)
	if err != nil || t.latest == nil {
		return Batch{}, err
	}
	st := t.latest
	st.trim()
	if from.arn != st.arn() {
		from = Position{arn: st.arn(), next: 1}
	}
	b := Batch{Next: from, More: st.more}
	if from.next < st.first {
		b.Lost, b.Next.next = st.first-from.next, st.first
	}
	size := 0
	for ; b.Next.next < st.end() && len(b.Records) < limit; b.Next.next++ {
		r := st.record(b.Next.next)
		r["eventSourceARN"] = st.arn()
		text, err := json.Marshal(r)
		if err != nil {
			return b, err
		}
		if size += len(text); size > maxBatchSize && len(b.Records) > 0 {
			break
		}
		b.Records = append(b.Records, text)
		b.Sequences = append(b.Sequences, sequence(b.Next.next))
	}
	return b, nil
}
