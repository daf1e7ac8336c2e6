package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// streamTable is the request for a table with a stream.
const streamTable = `{"TableName":"T","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[` +
	`{"AttributeName":"p","AttributeType":"S"}],"KeySchema":[{"AttributeName":"p",` +
	`"KeyType":"HASH"}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"%s"}}`

// ownRig is a rig of this engine, whatever the environment names: dynalite has no streams.
func ownRig(t *testing.T, view string) (rig, *dynamodb.Server) {
	t.Helper()
	server := new(dynamodb.Server)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	r := rig{web.URL, "things"}
	if out, code := r.send(t, "CreateTable", fmt.Sprintf(streamTable, view)); code != "" {
		t.Fatalf("create table: %v", out)
	}
	return r, server
}

// lines returns changes on one line each: what happened, and the images.
func lines(t *testing.T, records []json.RawMessage) []string {
	t.Helper()
	var all []string
	for _, text := range records {
		var r struct {
			EventName string
			Dynamodb  struct{ Keys, NewImage, OldImage json.RawMessage }
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s %s %s", r.EventName, r.Dynamodb.Keys, r.Dynamodb.NewImage,
			r.Dynamodb.OldImage))
	}
	return all
}

// TestViewsOfAStream: each kind of write, by each operation that makes it, in order, with the
// images of the view. What changes nothing is no change.
func TestViewsOfAStream(t *testing.T) {
	const key, one, two = `{"p":{"S":"a"}}`, `{"n":{"N":"1"},"p":{"S":"a"}}`,
		`{"n":{"N":"2"},"p":{"S":"a"}}`
	for view, want := range map[string]string{
		"KEYS_ONLY": "INSERT K  |MODIFY K  |REMOVE K  |INSERT K  |REMOVE K  |INSERT K  |REMOVE K  ",
		"NEW_IMAGE": "INSERT K 1 |MODIFY K 2 |REMOVE K  |INSERT K 1 |REMOVE K  |INSERT K 1 |REMOVE K  ",
		"OLD_IMAGE": "INSERT K  |MODIFY K  1|REMOVE K  2|INSERT K  |REMOVE K  1|INSERT K  |REMOVE K  1",
		"NEW_AND_OLD_IMAGES": "INSERT K 1 |MODIFY K 2 1|REMOVE K  2|INSERT K 1 |REMOVE K  1|" +
			"INSERT K 1 |REMOVE K  1",
	} {
		r, server := ownRig(t, view)
		put := `{"TableName":"T","Item":` + one + `}`
		r.run(t, []call{
			{"PutItem", put, "{}"},
			{"PutItem", put, "{}"}, // the same
			{"UpdateItem", `{"TableName":"T","Key":` + key + `,"UpdateExpression":"SET n = :n",` +
				`"ExpressionAttributeValues":{":n":{"N":"2"}}}`, "{}"},
			{"DeleteItem", `{"TableName":"T","Key":` + key + `}`, "{}"},
			{"DeleteItem", `{"TableName":"T","Key":` + key + `}`, "{}"}, // of nothing
			{"BatchWriteItem", `{"RequestItems":{"T":[{"PutRequest":{"Item":` + one + `}}]}}`, "{}"},
			{"BatchWriteItem", `{"RequestItems":{"T":[{"DeleteRequest":{"Key":` + key + `}}]}}`, "{}"},
			{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"T","Item":` + one + `}}]}`, "{}"},
			{"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"T","Key":` + key + `}},` +
				`{"Put":{"TableName":"T","Item":{}}}]}`, "ValidationException"},
			{
				"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"T","Key":` + key + `}}]}`,
				"{}",
			},
		})
		b, err := server.Changes("things", dynamodb.Position{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer(key, "K", one, "1", two, "2").Replace(
			strings.Join(lines(t, b.Records), "|"))
		if got != want {
			t.Errorf("%s has\n%s, want\n%s", view, got, want)
		}
	}
}

// TestChangesAreReadOnce: a reader waits, reads in batches, goes back to a record, and begins again
// where the stream does.
func TestChangesAreReadOnce(t *testing.T) {
	r, server := ownRig(t, "KEYS_ONLY")
	put := func(p string) {
		t.Helper()
		r.run(t, []call{{"PutItem", `{"TableName":"T","Item":{"p":{"S":"` + p + `"}}}`, "{}"}})
	}
	read := func(at dynamodb.Position, limit int, want string) dynamodb.Batch {
		t.Helper()
		b, err := server.Changes("things", at, limit)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer(`INSERT {"p":{"S":"`, "", `"}}  `, "").Replace(
			strings.Join(lines(t, b.Records), " "))
		if got != want {
			t.Errorf("read %q, want %q", got, want)
		}
		return b
	}
	empty := read(dynamodb.Position{}, 10, "")
	select {
	case <-empty.More:
		t.Error("there is more before a change")
	default:
	}
	put("a")
	<-empty.More
	put("b")
	put("c")
	first := read(empty.Next, 2, "a b")
	read(first.Next, 2, "c")
	back, ok := first.At(first.Sequences[1])
	if !ok {
		t.Fatal("a sequence number is unknown")
	}
	last := read(back, 9, "b c")
	if _, ok := last.At("1"); ok {
		t.Error("a wrong sequence number is known")
	}
	const set = `{"TableName":"T","StreamSpecification":{"StreamEnabled":`
	r.run(t, []call{
		{"UpdateTable", set + `true,"StreamViewType":"KEYS_ONLY"}}`, "ValidationException"},
		{"UpdateTable", set + `false}}`, "{}"},
		{"UpdateTable", set + `false}}`, "ValidationException"},
	})
	put("unseen")
	over := read(last.Next, 9, "")
	r.run(t, []call{
		{"UpdateTable", set + `true,"StreamViewType":"NEW"}}`, "ValidationException"},
		{"UpdateTable", set + `true,"StreamViewType":"KEYS_ONLY"}}`, "{}"},
	})
	<-over.More
	put("d")
	read(over.Next, 9, "d")
	r.run(t, []call{{"DeleteTable", `{"TableName":"T"}`, "{}"}})
	if _, err := server.Changes("things", over.Next, 1); err == nil {
		t.Error("a table that is gone has changes")
	}
}

// TestChangesAreLostAfterADay: a reader that comes late is told how many it has missed.
func TestChangesAreLostAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(dynamodb.Server)
		request := strings.ReplaceAll(fmt.Sprintf(streamTable, "KEYS_ONLY"), `"T"`, `"things"`)
		if err := server.CreateTable([]byte(request)); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"a", "b", "c"} {
			body := `{"TableName":"things","Item":{"p":{"S":"` + p + `"}}}`
			if err := server.Do("PutItem", []byte(body)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(12*time.Hour + time.Minute)
		}
		b, err := server.Changes("things", dynamodb.Position{}, 9)
		if err != nil || b.Lost != 2 || len(b.Records) != 1 {
			t.Errorf("lost %d, read %d, %v; want 2 and 1", b.Lost, len(b.Records), err)
		}
	})
}

// TestBatchesFitAnEvent: records that are too large for one event come in several.
func TestBatchesFitAnEvent(t *testing.T) {
	r, server := ownRig(t, "NEW_IMAGE")
	for i := range 20 {
		r.run(t, []call{{"PutItem", fmt.Sprintf(`{"TableName":"T","Item":{"p":{"S":"%d"},"x":{"S":%q}}}`,
			i, strings.Repeat("x", 390<<10)), "{}"}})
	}
	at, total := dynamodb.Position{}, 0
	for range 20 {
		b, err := server.Changes("things", at, 100)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, text := range b.Records {
			size += len(text)
		}
		if size > 6<<20 {
			t.Errorf("a batch has %d bytes", size)
		}
		at, total = b.Next, total+len(b.Records)
	}
	if total != 20 {
		t.Errorf("read %d of 20", total)
	}
}

// TestFullStreamStaysCheap: a stream that is full costs a write no more than one that is empty, and
// its memory is bounded also if the changes are small.
func TestFullStreamStaysCheap(t *testing.T) {
	const writes, size = 20_000, 1 << 20
	server := &dynamodb.Server{StreamSize: size}
	request := strings.ReplaceAll(fmt.Sprintf(streamTable, "KEYS_ONLY"), `"T"`, `"things"`)
	if err := server.CreateTable([]byte(request)); err != nil {
		t.Fatal(err)
	}
	before := allocated()
	for i := range writes {
		body := fmt.Sprintf(`{"TableName":"things","Item":{"p":{"S":"a"},"n":{"N":"%d"}}}`, i)
		if err := server.Do("PutItem", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if mb := (allocated() - before) >> 20; mb > 500 {
		t.Errorf("%d writes allocated %d MB", writes, mb)
	}
	b, err := server.Changes("things", dynamodb.Position{}, writes)
	kept := len(b.Records)
	if err != nil || kept == 0 || kept > size/500 || kept+int(b.Lost) != writes {
		t.Errorf("%d changes are kept, %d lost, %v", kept, b.Lost, err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestEndedStreamsAreBounded begins and ends streams without an end.
func TestEndedStreamsAreBounded(t *testing.T) {
	server := &dynamodb.Server{StreamSize: 1 << 20}
	request := strings.ReplaceAll(fmt.Sprintf(streamTable, "NEW_IMAGE"), `"T"`, `"things"`)
	if err := server.CreateTable([]byte(request)); err != nil {
		t.Fatal(err)
	}
	do := func(name, body string) {
		t.Helper()
		if err := server.Do(name, []byte(`{"TableName":"things",`+body+`}`)); err != nil {
			t.Fatal(err)
		}
	}
	const on, off = `"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`,
		`"StreamSpecification":{"StreamEnabled":false}`
	for i := range 300 {
		if i < 20 { // 300 KB in each
			do("PutItem", fmt.Sprintf(`"Item":{"p":{"S":"a"},"x":{"S":"%d%s"}}`, i,
				strings.Repeat("x", 300<<10)))
		}
		if i == 20 {
			if streams, bytes := server.Streams(); streams > 5 || bytes > 2<<20 {
				t.Errorf("%d streams have %d bytes", streams, bytes)
			}
		}
		do("UpdateTable", off)
		do("UpdateTable", on)
	}
	if streams, _ := server.Streams(); streams > 102 {
		t.Errorf("there are %d streams", streams)
	}
}
