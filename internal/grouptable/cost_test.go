package grouptable_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/grouptable/tabletest"
)

// The package comment says what calls cost. A call makes as many requests.
func TestCostOfCalls(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	info := []byte(`"John"`)
	for name, do := range map[string]func(context.Context, *grouptable.Table) error{
		"Register, at each connect": func(ctx context.Context, g *grouptable.Table) error {
			return g.Register(ctx, "new", time.Now())
		},
		"Add, first group of a connection": adds("tea", "new", nil),
		"Add, another group":               adds("coffee", id, nil),
		"Add, of a member":                 adds("tea", id, nil),
		"Add, of a member, with info":      adds("tea", id, info),
		"Remove": func(ctx context.Context, g *grouptable.Table) error {
			_, _, err := g.Remove(ctx, "tea", id)
			return err
		},
		"Members, Count, for each 1 MB": func(ctx context.Context, g *grouptable.Table) error {
			_, err := g.Count(ctx, "tea")
			return err
		},
		"Leave, at each disconnect": func(ctx context.Context, g *grouptable.Table) error {
			_, _, err := g.Leave(ctx, id)
			return err
		},
		"Forget, if there was a state": func(ctx context.Context, g *grouptable.Table) error {
			return g.Forget(ctx, id)
		},
		"StoreState, StoreValue": func(ctx context.Context, g *grouptable.Table) error {
			_, err := g.StoreState(ctx, id, info, 0, false)
			return err
		},
		"Conn, LoadValue": func(ctx context.Context, g *grouptable.Table) error {
			_, err := g.Conn(ctx, id)
			return err
		},
	} {
		row := regexp.MustCompile(regexp.QuoteMeta(name) + ` +(\d+) +(\d+)`).FindSubmatch(doc)
		if row == nil {
			t.Errorf("the package comment has no row for %q", name)
			continue
		}
		reads, _ := strconv.Atoi(string(row[1]))
		writes, _ := strconv.Atoi(string(row[2]))
		cfg, tap := tapped(tabletest.Config(t))
		table := open(t, cfg)
		if err := adds("tea", id, nil)(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		tap.take()
		if err := do(t.Context(), table); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := tap.take(); n != reads+writes {
			t.Errorf("%s: %d requests, and the package comment says %d reads and %d writes",
				name, n, reads, writes)
		}
	}
}

func adds(
	group string, id tyg.ConnID, info json.RawMessage,
) func(context.Context, *grouptable.Table) error {
	return func(ctx context.Context, g *grouptable.Table) error {
		_, _, err := g.Add(ctx, group, id, info)
		return err
	}
}
