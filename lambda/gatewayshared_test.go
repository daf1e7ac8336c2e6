package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygtest"
)

// losing is a network that loses the first answer to each request that changes something.
func losing(web http.RoundTripper) http.RoundTripper {
	var mu sync.Mutex
	lost := make(map[string]bool)
	return roundTrip(func(r *request) (*response, error) {
		res, err := web.RoundTrip(r)
		key := r.Header.Get("Idempotency-Key")
		mu.Lock()
		defer mu.Unlock()
		if err != nil || key == "" || lost[key] {
			return res, err
		}
		lost[key] = true
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return nil, errors.New("the answer was lost")
	})
}

// What a function asks for happens once, also where it must ask twice.
func TestLostAnswersChangeNothingTwice(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	app := tyg.New("app")
	var joins, leaves int
	app.OnJoin(func(context.Context, *tyg.Group, tyg.Member) error { joins++; return nil })
	app.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { leaves++; return nil })
	ids := make(chan tyg.ConnID, 1)
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		ids <- c.ID
		return nil
	})
	s := behindNetwork(t, app, losing)
	client, err := s.Dial(ctx, tygtest.Dial{})
	if err != nil {
		t.Fatal(err)
	}
	id, g := <-ids, app.Group("tea")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(g.AddAs(ctx, id, "John"))
	check(g.SendString(ctx, "one"))
	check(g.SendString(ctx, "two"))
	n := tyg.NewValue[int](app, "n")
	for want := 1; want <= 3; want++ {
		got, err := n.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil || got != want {
			t.Fatalf("update %d returned %d, %v", want, got, err)
		}
	}
	check(g.Remove(ctx, id))
	if joins != 1 || leaves != 1 {
		t.Errorf("%d joins and %d leaves", joins, leaves)
	}
	for _, want := range []string{"one", "two"} {
		_, data, err := client.Read(ctx)
		if err != nil || string(data) != want {
			t.Errorf("the client got %q, %v, want %q", data, err, want)
		}
	}
}

// gatewayHost binds an App to a gateway that f stands for.
func gatewayHost(t *testing.T, f roundTrip) *tyg.App {
	t.Helper()
	app := tyg.New("app")
	newHost(t, app, lambda.Config{
		GroupsEndpoint: "http://127.0.0.1:8000/api",
		SenderConfig: lambda.SenderConfig{
			Region: "eu-central-1", Credentials: key, HTTPClient: f.client(),
		},
	})
	return app
}

func TestGatewayFailures(t *testing.T) {
	tests := []struct {
		status   int
		kind     string
		body     string
		want     error
		text     string
		attempts int
	}{
		{412, "ConflictException", "", tyg.ErrConflict, "", 1},
		{413, "PayloadTooLargeException", "", tyg.ErrTooLarge, "", 1},
		{403, "ForbiddenException", `{"message":"Forbidden"}`, nil, "Forbidden", 1},
		{
			400, "InvalidRequestException", `{"message":"a value must be JSON"}`, nil,
			"a value must be JSON", 1,
		},
		{500, "InternalServerErrorException", "", nil, "500", 3},
		{200, "", "", nil, "revision", 1}, // without an ETag
		{0, "", "", nil, "it may have taken effect or not", 3},
	}
	for _, tt := range tests {
		attempts := 0
		keys := make(map[string]bool)
		app := gatewayHost(t, func(r *request) (*response, error) {
			attempts++
			keys[r.Header.Get("Idempotency-Key")] = true
			if tt.status == 0 {
				return nil, errors.New("no answer")
			}
			return respond(tt.status, tt.kind, tt.body)
		})
		err := tyg.NewValue[int](app, "n").Set(t.Context(), 1)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) ||
			!strings.Contains(err.Error(), tt.text) || attempts != tt.attempts || len(keys) != 1 {
			t.Errorf("%d %s: %v after %d attempts with %d keys",
				tt.status, tt.kind, err, attempts, len(keys))
		}
	}
}

// TestManyExceptions has more of them than a header may have.
func TestManyExceptions(t *testing.T) {
	ids := make([]tyg.ConnID, 1000)
	for i := range ids {
		ids[i] = id
	}
	var got struct {
		Data   []byte
		Binary bool
		Except []tyg.ConnID
	}
	app := gatewayHost(t, func(r *request) (*response, error) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		return respond(200, "", `{"reached":3}`)
	})
	var d tyg.Delivery
	err := app.Everyone().Send(t.Context(), []byte("hi"),
		tyg.Binary, tyg.Except(ids...), tyg.Report(&d))
	if err != nil || d.Reached != 3 || string(got.Data) != "hi" || !got.Binary ||
		len(got.Except) != 1000 {
		t.Errorf("%v, %+v: %.200v", err, d, got)
	}
	err = app.Everyone().Send(t.Context(), nil, tyg.Except(ids...))
	if err != nil || got.Data == nil {
		t.Errorf("an empty message: %v, data %v, want empty data, which is not null", err, got.Data)
	}
}

func TestGroupsEndpointIsChecked(t *testing.T) {
	if _, err := lambda.FromEnvironment(environment("TYG_GROUPS_ENDPOINT=nonsense")); err == nil ||
		!strings.Contains(err.Error(), "TYG_GROUPS_ENDPOINT") {
		t.Errorf("the error is %v", err)
	}
	cfg, err := lambda.FromEnvironment(environment("TYG_GROUPS_ENDPOINT=http://127.0.0.1:1/api"))
	if err != nil || cfg.GroupsEndpoint != "http://127.0.0.1:1/api" {
		t.Errorf("%+v, %v", cfg, err)
	}
	if _, err := lambda.NewHost(tyg.New("app"), cfg); err == nil ||
		!strings.Contains(err.Error(), "groups endpoint") {
		t.Errorf("a Host without credentials: %v", err)
	}
}
