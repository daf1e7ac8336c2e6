package tyg_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
)

func TestTriggersAreDescribedAndCalledByName(t *testing.T) {
	app := tyg.New("shop")
	echo := func(prefix string) tyg.TriggerFunc {
		return func(_ context.Context, event json.RawMessage) (any, error) {
			return prefix + string(event), nil
		}
	}
	app.OnTrigger("orders", echo("o"))
	app.OnTrigger("nightly", echo("n"))
	if got := app.Describe().Triggers; !slices.Equal(got, []string{"nightly", "orders"}) {
		t.Errorf("Describe has the triggers %q", got)
	}
	reply, err := app.HandleTrigger(t.Context(), "orders", json.RawMessage(`1`))
	if err != nil || string(reply) != `"o1"` {
		t.Errorf("reply %s, error %v", reply, err)
	}
	if _, err := app.HandleTrigger(t.Context(), "other", nil); !errors.Is(err, tyg.ErrNoTrigger) {
		t.Errorf("error of an unknown trigger is %v, want ErrNoTrigger", err)
	}
}

func TestTriggerFailuresReachTheHost(t *testing.T) {
	app := tyg.New("shop")
	failure := errors.New("database is gone")
	app.OnTrigger("fails", func(context.Context, json.RawMessage) (any, error) { return 1, failure })
	app.OnTrigger("odd", func(context.Context, json.RawMessage) (any, error) { return func() {}, nil })
	app.OnTrigger("nothing", func(context.Context, json.RawMessage) (any, error) { return nil, nil })
	if _, err := app.HandleTrigger(t.Context(), "fails", nil); !errors.Is(err, failure) {
		t.Errorf("error is %v, want %v", err, failure)
	}
	if _, err := app.HandleTrigger(t.Context(), "odd", nil); err == nil {
		t.Error("a reply that has no JSON gave no error")
	}
	out, err := app.HandleTrigger(t.Context(), "nothing", nil)
	if string(out) != "null" || err != nil {
		t.Errorf("reply %s, error %v, want null", out, err)
	}
}

func TestOnTriggerPanics(t *testing.T) {
	fn := func(context.Context, json.RawMessage) (any, error) { return nil, nil }
	for name, register := range map[string]func(*tyg.App){
		"no name":     func(a *tyg.App) { a.OnTrigger("", fn) },
		"space":       func(a *tyg.App) { a.OnTrigger("a b", fn) },
		"digit first": func(a *tyg.App) { a.OnTrigger("1a", fn) },
		"too long":    func(a *tyg.App) { a.OnTrigger("abcdefghijklmnopqrstuvwxyzabcdefg", fn) },
		"ours":        func(a *tyg.App) { a.OnTrigger("websocket_connect", fn) },
		"nil":         func(a *tyg.App) { a.OnTrigger("a", nil) },
		"twice":       func(a *tyg.App) { a.OnTrigger("a", fn); a.OnTrigger("a", fn) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			register(tyg.New("shop"))
		})
	}
}
