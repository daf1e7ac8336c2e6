package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/dynamodb"
	"github.com/tyg-dev/tyg/internal/triggerevent"
)

// A streamTest is a table with a stream, and a reader of it.
type streamTest struct {
	*testing.T
	engine *dynamodb.Server
	reader *streamReader
	batch  chan string // the names in a batch
	answer chan error
	told   []string
}

// newStreamTest makes a reader whose function answers what the test says: an error, or which names
// failed.
func newStreamTest(t *testing.T, pattern string) *streamTest {
	t.Helper()
	table := project.TableConfig{PartitionKey: &project.KeyConfig{Name: "id"}, Stream: "NEW_IMAGE"}
	request, err := table.CreateRequest("things")
	if err != nil {
		t.Fatal(err)
	}
	s := &streamTest{
		T: t, engine: new(dynamodb.Server), batch: make(chan string), answer: make(chan error),
	}
	if err := s.engine.CreateTable(request); err != nil {
		t.Fatal(err)
	}
	p, err := triggerevent.ParsePattern(pattern)
	if err != nil {
		t.Fatal(err)
	}
	s.reader = &streamReader{
		engine: s.engine, table: "things", batch: 3, pattern: p, invoke: s.invoke,
		told: func(_ time.Duration, err error) { s.told = append(s.told, fmt.Sprint(err)) },
	}
	return s
}

// failedNames is the answer of a function that did not take some changes.
type failedNames string

func (f failedNames) Error() string { return string(f) }

func (s *streamTest) invoke(ctx context.Context, event []byte) ([]byte, error) {
	var e struct {
		Records []struct {
			EventSourceARN string
			Dynamodb       struct {
				SequenceNumber string
				Keys           struct{ ID struct{ S string } }
			}
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		s.Error(err)
	}
	names := make(map[string]string)
	var list []string
	for _, r := range e.Records {
		names[r.Dynamodb.Keys.ID.S] = r.Dynamodb.SequenceNumber
		list = append(list, r.Dynamodb.Keys.ID.S)
		if !strings.Contains(r.EventSourceARN, ":table/things/stream/") {
			s.Errorf("the source is %q", r.EventSourceARN)
		}
	}
	select {
	case s.batch <- strings.Join(list, " "):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	err := <-s.answer
	failed, ok := errors.AsType[failedNames](err)
	if !ok {
		return []byte("null"), err
	}
	var items []map[string]string
	for name := range strings.FieldsSeq(string(failed)) {
		items = append(items, map[string]string{"itemIdentifier": names[name]})
	}
	return json.Marshal(map[string]any{"batchItemFailures": items})
}

func (s *streamTest) put(names ...string) {
	s.Helper()
	for _, name := range names {
		r := httptest.NewRequest("POST", "/",
			strings.NewReader(`{"TableName":"things","Item":{"id":{"S":"`+name+`"}}}`))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256")
		w := httptest.NewRecorder()
		if s.engine.ServeHTTP(w, r); w.Code != 200 {
			s.Fatal(w.Body)
		}
	}
}

// next wants a batch, and answers it.
func (s *streamTest) next(want string, answer error) {
	s.Helper()
	if got := <-s.batch; got != want {
		s.Errorf("the function gets %q, want %q", got, want)
	}
	s.answer <- answer
}

// TestChangesReachTheFunctionInOrder: in batches, and from the first that failed again, after a
// while that grows.
func TestChangesReachTheFunctionInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamTest(t, "")
		ctx, cancel := context.WithCancel(t.Context())
		go s.reader.run(ctx) // ends with ctx
		synctest.Wait()
		s.put("a") // the reader is waiting for it
		if got := <-s.batch; got != "a" {
			t.Errorf("the function gets %q", got)
		}
		s.put("b", "c", "d")
		s.answer <- nil
		s.next("b c d", failedNames("d c"))
		start := time.Now()
		s.next("c d", errors.New("broken"))
		s.next("c d", failedNames("x")) // no change of this batch: all of it
		s.next("c d", nil)
		if took := time.Since(start); took != (1+2+4)*time.Second {
			t.Errorf("it comes again after %v in all, want 1 s, 2 s and 4 s", took)
		}
		s.put("e")
		s.next("e", nil)
		synctest.Wait()
		cancel()
		synctest.Wait()
		want := "<nil>|2 of 3 changes come again in 1s|broken|2 of 2 changes come again in 4s|" +
			"<nil>|<nil>"
		if got := strings.Join(s.told, "|"); got != want {
			t.Errorf("told was\n%s, want\n%s", got, want)
		}
	})
}

// TestAReaderGoesOn: a run that ends in the middle of a batch hands it over again.
func TestAReaderGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamTest(t, "")
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			go s.reader.run(ctx) // ends with ctx
			synctest.Wait()
			if len(s.told) == 0 {
				s.put("a")
			}
			if got := <-s.batch; got != "a" {
				t.Errorf("the function gets %q", got)
			}
			if len(s.told) == 0 {
				cancel()
				s.told = append(s.told, "cancelled")
			}
			s.answer <- nil
			synctest.Wait()
			cancel()
			synctest.Wait()
		}
	})
}

// TestFilterOfChanges: what does not match is neither handed over nor comes again.
func TestFilterOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamTest(t, `{"dynamodb":{"Keys":{"id":{"S":[{"prefix":"x"}]}}}}`)
		s.put("a", "b", "c", "x1", "d", "x2")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.reader.run(ctx) // ends with ctx
		s.next("x1 x2", failedNames("x2"))
		s.next("x2", nil)
		cancel()
		synctest.Wait()
	})
}

// TestTableOfATrigger: by its key, its name, or the ARN of its stream; others are not here. A
// program gets the tables then, too.
func TestTableOfATrigger(t *testing.T) {
	for from, want := range map[string]string{
		"orders": "shop-dev-orders", "shop-dev-orders": "shop-dev-orders", "other": "", "old": "Old",
		"arn:aws:dynamodb:eu-west-1:123456789012:table/Old/stream/2026-01-01T00:00:00.000":   "Old",
		"arn:aws:dynamodb:eu-west-1:123456789012:table/Other/stream/2026-01-01T00:00:00.000": "",
	} {
		c, err := project.ParseConfig([]byte(`{"app_name": "shop",
			"tables": {"orders": {"partition_key": {"name": "id"}, "environment_variable": "ORDERS",
				"stream_view_type": "KEYS_ONLY"},
				"old": {"table_name": "Old", "partition_key": {"name": "id"},
				"environment_variable": "OLD"}},
			"triggers": {"changes": {"dynamodb": "` + from + `"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(c, t.TempDir(), "dev")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Triggers["changes"].Table; got != want {
			t.Errorf("%s is the table %q, want %q", from, got, want)
		}
		if named := p.Program.Env["ORDERS"] != ""; named != (want != "") || named != (len(p.Tables) > 0) {
			t.Errorf("%s: the program has %v and the tables %v", from, p.Program.Env, p.Tables)
		}
	}
}
