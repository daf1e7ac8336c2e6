package replay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/replay"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// patience bounds everything that must happen soon.
const patience = time.Minute

// chat is a chat whose greeting may change from one version to the next. A client that whispers
// names the connection that it whispers to.
func chat(greeting string) *tyg.App {
	app := tyg.New("chat")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		if r.Query.Get("token") != "sesame" {
			return tyg.Reject(403, "no")
		}
		return nil
	})
	app.OnRoute("hello", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		return c.SendJSON(ctx, map[string]any{"text": greeting, "you": c.ID, "at": time.Now()})
	})
	app.OnRoute("whisper", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var in struct{ To tyg.ConnID }
		if err := m.JSON(&in); err != nil {
			return err
		}
		return app.Sender().Send(ctx, in.To, []byte("psst from "+string(c.ID)))
	})
	app.OnRoute("leave", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		return c.Close(ctx)
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	return app
}

// serve serves an application and returns its gateway and URL.
func serve(t *testing.T, app *tyg.App) (*gateway.Server, *url.URL) {
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
		_ = srv.Shutdown(ctx)
		<-done
	})
	return srv, &url.URL{Scheme: "ws", Host: l.Addr().String(), Path: "/api/"}
}

// record records a session of two clients with an application.
func record(t *testing.T) string {
	t.Helper()
	srv, u := serve(t, chat("hello"))
	i := inspect.New(inspect.Config{Gateway: srv, Token: "0123456789abcdef", URL: u.String()})
	web := httptest.NewServer(i)
	defer web.Close()
	defer i.Close()
	r := i.Record(recording.DefaultRules())
	ctx, stop := context.WithCancel(t.Context())
	var file bytes.Buffer
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, &file) }() // ends below
	play(t, u.String()+"?token=sesame")
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// play is what the clients do in the recording.
func play(t *testing.T, url string) {
	t.Helper()
	dial := func() *wsclient.Conn {
		c, _, err := wsclient.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	say := func(c *wsclient.Conn, text string) {
		if err := c.Write(t.Context(), ws.OpText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(c *wsclient.Conn) string {
		_, data, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	ann, bob := dial(), dial()
	say(bob, `{"action":"hello"}`)
	_, id, _ := strings.Cut(hear(bob), `"you":"`)
	say(ann, `{"action":"whisper","to":"`+id[:16]+`","password":"x"}`)
	hear(bob)
	say(ann, "to all")
	hear(ann)
	hear(bob)
	say(ann, `{"action":"leave"}`)
	if _, _, err := ann.Read(t.Context()); err == nil {
		t.Error("Ann was not closed")
	}
	_ = ann.CloseNow()
	_ = bob.Close(4001, "bye")
}

func config(u *url.URL) replay.Config {
	return replay.Config{
		URL: u, Timeout: time.Second, Settle: 50 * time.Millisecond,
		Secrets: map[string]string{"token": "sesame"},
	}
}

// A session that is played against the same program has the same answers, with other ids and times;
// against another version, it tells what has changed.
func TestReplayFindsWhatHasChanged(t *testing.T) {
	file := record(t)
	if strings.Contains(file, "sesame") || strings.Contains(file, `"x"`) {
		t.Errorf("the recording has a secret:\n%s", file)
	}
	_, same := serve(t, chat("hello"))
	report, err := replay.Run(t.Context(), strings.NewReader(file), config(same))
	if err != nil {
		t.Fatal(err)
	}
	if report.Messages != 4 || report.Connections != 2 || report.Same != 4 ||
		len(report.Differences) > 0 {
		t.Errorf("of the same program: %+v, with\n%s", report, file)
	}
	_, changed := serve(t, chat("good morning"))
	if report, err = replay.Run(t.Context(), strings.NewReader(file), config(changed)); err != nil {
		t.Fatal(err)
	}
	if len(report.Differences) == 0 {
		t.Fatalf("of a changed program: %+v", report)
	}
	d := report.Differences[0]
	if d.Kind != "differs" || d.Path != "$.text" || d.Recorded != `"hello"` ||
		d.Replayed != `"good morning"` || d.Connection != 2 || d.After != 1 {
		t.Errorf("the difference is %+v", d)
	}
	var text strings.Builder
	const shown = "differs at $.text\n  recorded  \"hello\"\n  now       \"good morning\"\n"
	if err := report.Write(&text); err != nil || !strings.Contains(text.String(), shown) {
		t.Errorf("it prints %s, %v", text.String(), err)
	}
}

// Without the secret that the recording lacks, the server refuses, which is a difference.
func TestReplaySaysWhichSecretsItLacks(t *testing.T) {
	file := record(t)
	_, u := serve(t, chat("hello"))
	cfg := config(u)
	cfg.Secrets = nil
	report, err := replay.Run(t.Context(), strings.NewReader(file), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Differences) != 2 || report.Differences[0].Kind != "refused" ||
		len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "no values for password, token") {
		t.Errorf("the report is %+v", report)
	}
}

// Missing and unexpected answers, and a connection that should have been closed.
func TestReplayCountsAnswers(t *testing.T) {
	_, u := serve(t, chat("hello"))
	u.RawQuery = "token=sesame"
	const file = `{"tyg_recording":1}
{"at":0,"type":"open","conn":"a","already":true}
{"at":1,"type":"in","conn":"a","text":"hi"}
{"at":2,"type":"out","conn":"a","text":"hi"}
{"at":3,"type":"out","conn":"a","text":"never"}
{"at":4,"type":"in","conn":"a","text":"more"}
{"at":5,"type":"close","conn":"a","code":1000,"by":"server"}
`
	cfg := config(u)
	cfg.Timeout = 100 * time.Millisecond
	report, err := replay.Run(t.Context(), strings.NewReader(file), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, d := range report.Differences {
		kinds = append(kinds, d.Kind+" "+d.Recorded+" "+d.Replayed)
	}
	want := `closed closed with 1000 open|differs "never" "more"`
	if got := strings.Join(kinds, "|"); got != want || report.Same != 1 {
		t.Errorf("the differences are %s, want %s", got, want)
	}
}

func TestReplayRefusesWhatIsNoRecording(t *testing.T) {
	_, u := serve(t, chat("hello"))
	for text, want := range map[string]string{
		"":                            "no recording",
		`{"tyg_recording":1}` + "\n":  "no connections",
		`{"tyg_recording":1}` + "\n{": "line 2",
	} {
		_, err := replay.Run(t.Context(), strings.NewReader(text), config(u))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := replay.Run(ctx, strings.NewReader(record(t)), config(u))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
