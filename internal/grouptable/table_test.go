package grouptable_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/dynamodb"
	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/grouptable/tabletest"
	"github.com/tyg-dev/tyg/lambda"
)

func TestMemberships(t *testing.T) {
	ctx, table := t.Context(), open(t, tabletest.Config(t))
	for n, info := range []json.RawMessage{nil, json.RawMessage(`"John"`), nil} {
		m, added, err := table.Add(ctx, "tea", id, info)
		if err != nil || added != (n == 0) || m.ID != id || (n > 0) != (m.Name() == "John") {
			t.Errorf("Add %d returned %+v, %v, %v", n, m, added, err)
		}
	}
	if err := table.Register(ctx, id, time.UnixMilli(1700000000000)); err != nil {
		t.Fatal(err)
	}
	if m := members(t, table, ""); len(m) != 1 || m[id].JoinedAt.UnixMilli() != 1700000000000 {
		t.Errorf("Everyone has %v", m)
	}
	if m := members(t, table, "tea")[id]; m.Name() != "John" || time.Since(m.JoinedAt) > time.Hour {
		t.Errorf("the member is %+v", m)
	}
	if len(members(t, table, "te")) > 0 {
		t.Error("another group has members")
	}
	c, groups, err := table.Leave(ctx, id)
	if slices.Sort(groups); err != nil || !c.Known || !c.Over || fmt.Sprint(groups) != "[ tea]" {
		t.Errorf("Leave returned %+v, %q, %v", c, groups, err)
	}
	for n := range 2 {
		m, removed, err := table.Remove(ctx, "tea", id)
		if err != nil || removed != (n == 0) || n == 0 && m.Name() != "John" {
			t.Errorf("Remove %d returned %+v, %v, %v", n, m, removed, err)
		}
	}
	if _, _, err := table.Add(ctx, "tea", id, nil); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("Add after Leave returned %v", err)
	}
	if err := table.Register(ctx, id, time.Now()); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("Register after Leave returned %v", err)
	}
	if len(members(t, table, "tea")) > 0 {
		t.Error("a connection that is over was added")
	}
}

func TestStates(t *testing.T) {
	ctx, table := t.Context(), open(t, tabletest.Config(t))
	first, err := table.StoreState(ctx, id, []byte(`"a"`), 0, false)
	if err != nil || first == 0 {
		t.Fatalf("StoreState returned %d, %v", first, err)
	}
	for _, rev := range []tyg.Revision{0, first + 1} {
		_, err := table.StoreState(ctx, id, []byte(`"b"`), rev, false)
		if !errors.Is(err, tyg.ErrConflict) {
			t.Errorf("StoreState with the revision %d returned %v", rev, err)
		}
	}
	if _, _, err := table.Leave(ctx, id); err != nil {
		t.Fatal(err)
	}
	want := lambda.TableConn{Known: true, Over: true, State: []byte(`"a"`), Revision: first}
	if c, err := table.Conn(ctx, id); err != nil || fmt.Sprint(c) != fmt.Sprint(want) {
		t.Errorf("Conn returned %+v, %v, want %+v", c, err, want)
	}
	_, err = table.StoreState(ctx, id, []byte(`"b"`), first, false)
	if !errors.Is(err, tyg.ErrGone) {
		t.Errorf("StoreState after Leave returned %v", err)
	}
	if _, err = table.StoreState(ctx, id, []byte(`"b"`), first, true); err != nil {
		t.Errorf("StoreState in the disconnect handler returned %v", err)
	}
	for range 2 {
		if err := table.Forget(ctx, id); err != nil {
			t.Errorf("Forget returned %v", err)
		}
	}
	if c, err := table.Conn(ctx, id); err != nil || c.Revision != 0 || !c.Over {
		t.Errorf("Conn after Forget returned %+v, %v", c, err)
	}
	rev, err := table.StoreState(ctx, "other", nil, tyg.AnyRevision, false)
	if rev != 0 || err != nil {
		t.Errorf("StoreState of nothing returned %d, %v", rev, err)
	}
	if err := table.Forget(ctx, "unknown"); err != nil {
		t.Errorf("Forget of nothing returned %v", err)
	}
}

func TestValues(t *testing.T) {
	ctx, table := t.Context(), open(t, tabletest.Config(t))
	large := []byte(`"` + strings.Repeat("\u2028", (tyg.MaxValue-2)/3) + `"`)
	if _, err := table.StoreValue(ctx, "large", large, 0); err != nil {
		t.Fatal(err)
	}
	data, rev, err := table.LoadValue(ctx, "large")
	if err != nil || string(data) != string(large) || rev == 0 {
		t.Errorf("LoadValue returned %d bytes, %d, %v", len(data), rev, err)
	}
	if _, err := table.StoreValue(ctx, "large", nil, rev+1); !errors.Is(err, tyg.ErrConflict) {
		t.Errorf("removal with a wrong revision returned %v", err)
	}
	if _, err := table.StoreValue(ctx, "large", nil, rev); err != nil {
		t.Errorf("removal returned %v", err)
	}
	if data, rev, err := table.LoadValue(ctx, "large"); data != nil || rev != 0 || err != nil {
		t.Errorf("LoadValue of nothing returned %d bytes, %d, %v", len(data), rev, err)
	}
}

// Each page may be short, because DynamoDB ends it after 1 MB, and one may be empty.
func TestPages(t *testing.T) {
	server := httptest.NewServer(&dynamodb.Server{PageSize: 1000})
	defer server.Close()
	for _, items := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(items), func(t *testing.T) {
			if items == 0 { // pages cut by size are something that only our own engine has
				t.Setenv(dynamotest.EndpointVariable, server.URL)
			}
			table := open(t, tabletest.Config(t))
			table.SetPage(items)
			for n := range 60 {
				id := tyg.ConnID(fmt.Sprintf("conn-%03d", n))
				for _, group := range []string{"tea", fmt.Sprint(n)} {
					if _, _, err := table.Add(t.Context(), group, id, nil); err != nil {
						t.Fatal(err)
					}
				}
				if n > 0 {
					if _, _, err := table.Add(t.Context(), fmt.Sprint(n), "first", nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := members(t, table, "tea"); len(got) != 60 {
				t.Errorf("%d members, want 60", len(got))
			}
			_, groups, err := table.Leave(t.Context(), "first")
			if err != nil || len(groups) != 59 {
				t.Errorf("Leave returned %d groups, %v, want 59", len(groups), err)
			}
		})
	}
}

// What a lost connection leaves behind ends with its time, whether the table deletes items or not.
func TestExpiry(t *testing.T) {
	cfg, tap := tapped(tabletest.Config(t))
	table := open(t, cfg)
	if _, _, err := table.Add(t.Context(), "tea", id, nil); err != nil {
		t.Fatal(err)
	}
	if err := table.Register(t.Context(), id, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := table.StoreState(t.Context(), id, []byte("1"), 0, false); err != nil {
		t.Fatal(err)
	}
	if c, err := table.Conn(t.Context(), id); err != nil || time.Since(c.Since).Abs() > time.Minute {
		t.Errorf("it is known since %v, %v", c.Since, err)
	}
	for _, body := range tap.bodies {
		if item := string(body["Item"]) + string(body["UpdateExpression"]); item != "" &&
			!strings.Contains(item, grouptable.TTLAttribute) {
			t.Errorf("the table keeps for ever: %s", item)
		}
	}
	table.SetClock(func() time.Time { return time.Now().Add(grouptable.TTL + time.Minute) })
	if len(members(t, table, "tea"))+len(members(t, table, "")) > 0 {
		t.Error("a member has not expired")
	}
	if c, err := table.Conn(t.Context(), id); c.Known || err != nil {
		t.Errorf("Conn returned %+v, %v", c, err)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	full := grouptable.Config{Name: "T", Region: "us-east-1", Credentials: key}
	for want, change := range map[string]func(*grouptable.Config){
		"no name":        func(c *grouptable.Config) { c.Name = "" },
		"no region":      func(c *grouptable.Config) { c.Region = "" },
		"no credentials": func(c *grouptable.Config) { c.Credentials = nil },
		"is not like":    func(c *grouptable.Config) { c.Endpoint = "localhost" },
	} {
		cfg := full
		change(&cfg)
		if _, err := grouptable.Open(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open returned %v, want %q", err, want)
		}
	}
}
