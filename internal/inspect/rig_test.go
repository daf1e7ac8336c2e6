package inspect_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

func TestMain(m *testing.M) {
	paralleltest.AtOnce(8)
	m.Run()
}

// patience bounds everything that must happen soon.
const patience = time.Minute

const token = "a-token-of-the-tests"

// A rig is a gateway with an Inspector.
type rig struct {
	t       testing.TB
	gateway *gateway.Server
	inspect *inspect.Inspector
	url     string // of the WebSocket
	page    string // URL
}

// start serves an application, and its Inspector.
func start(t testing.TB, app tyg.Handler) *rig {
	t.Helper()
	srv := &gateway.Server{Handler: app, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // Shutdown ends it
		defer close(done)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		<-done
	})
	r := &rig{t: t, gateway: srv, url: "ws://" + l.Addr().String() + "/api/"}
	name := "test"
	if a, ok := app.(*tyg.App); ok {
		name = a.Name()
	}
	r.inspect = inspect.New(inspect.Config{
		Gateway: srv, Name: name, URL: r.url, Stage: "api", Token: token, Local: true,
	})
	web := httptest.NewServer(r.inspect)
	t.Cleanup(func() { r.inspect.Close(); web.Close() })
	r.page = web.URL + "/"
	return r
}

// dial connects a client.
func (r *rig) dial() *wsclient.Conn {
	r.t.Helper()
	c, _, err := wsclient.Dial(r.t.Context(), r.url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func (r *rig) say(c *wsclient.Conn, text string) {
	r.t.Helper()
	if err := c.Write(r.t.Context(), ws.OpText, []byte(text)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) hear(c *wsclient.Conn) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, data, err := c.Read(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

// call calls the API.
func (r *rig) call(path string, body any) (status int, answer map[string]any) {
	r.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.page+"api/"+path,
		bytes.NewReader(b))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		r.t.Fatalf("%s answers no JSON: %v", path, err)
	}
	return res.StatusCode, answer
}

// The parts of an update that tests look at.
type update struct {
	Lines   []line
	Samples []struct{ In, Out, P50 float64 }
	Conns   *struct {
		Total int
		List  []struct {
			ID, Address string
			Groups      []string
			Client      int
		}
	}
}

type line struct {
	Seq                              int
	Kind, Conn, Route, Error, Method string
	Frame                            *frame
	Done                             bool
	MS                               float64
	Status                           int
	Sends                            []struct {
		Frame *frame
		Group string
		All   bool
		To    []struct{ ID, Error string }
		Count int
		Guess bool
	}
	Logs []struct{ Function, Text string }
}

type frame struct {
	Text, Base64 string
	Size         int
	Cut          bool
}

// A viewer is an open page.
type viewer struct {
	r     *rig
	lines []line
	conns *update
	in    *bufio.Scanner
	close func()
}

// view opens a page.
func (r *rig) view() *viewer {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.page+"api/events", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	v := &viewer{r: r, in: bufio.NewScanner(res.Body)}
	v.in.Buffer(nil, 64<<20)
	v.close = func() { cancel(); _ = res.Body.Close() }
	r.t.Cleanup(v.close)
	v.next() // from now on everything is observed
	return v
}

// next waits for an update.
func (v *viewer) next() (u update) {
	v.r.t.Helper()
	for v.in.Scan() {
		text, ok := strings.CutPrefix(v.in.Text(), "data: ")
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			v.r.t.Fatal(err)
		}
		for _, l := range u.Lines {
			v.put(l)
		}
		return u
	}
	v.r.t.Fatalf("the updates have ended: %v; the lines are %+v", v.in.Err(), v.lines)
	return u
}

func (v *viewer) put(l line) {
	for i := range v.lines {
		if v.lines[i].Seq == l.Seq {
			v.lines[i] = l
			return
		}
	}
	v.lines = append(v.lines, l)
}

// await waits for a line.
func (v *viewer) await(what string, is func(l line) bool) line {
	v.r.t.Helper()
	for {
		for _, l := range v.lines {
			if is(l) {
				return l
			}
		}
		v.next()
	}
}
