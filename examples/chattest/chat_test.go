package chattest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/rooms"
)

// serve runs a chat until the test ends, and returns the address for its clients.
func serve(t *testing.T, store rooms.Store, limits chatlib.Limits) string {
	t.Helper()
	app := tyg.New("chat")
	chat := &chatlib.Chat{Store: store, Sender: app.Sender(), Limits: limits}
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	return serveApp(t, app)
}

func serveApp(t *testing.T, app *tyg.App) string {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	srv := &gateway.Server{Handler: app, Logger: quiet, DrainWindow: -1, Trace: gateway.Trace{
		Handled: func(e tyg.Event, _ time.Duration, err error) {
			if err != nil {
				t.Errorf("handle %v of %s: %v", e.Type, e.Conn.ID, err)
			}
		},
	}}
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		web.Close()
	})
	return "ws" + strings.TrimPrefix(web.URL, "http") + "/api/"
}

// A recorder is a client that records what it sends and receives, as the tutorial's tool prints it.
type recorder struct {
	t    *testing.T
	ws   *wsclient.Conn
	text strings.Builder
}

func record(t *testing.T, url string) *recorder {
	t.Helper()
	c, _, err := wsclient.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return &recorder{t: t, ws: c}
}

func (r *recorder) say(text string) {
	r.t.Helper()
	r.text.WriteString("> " + text + "\n")
	if err := r.ws.Write(r.t.Context(), ws.OpText, []byte(text)); err != nil {
		r.t.Fatalf("say %q: %v", text, err)
	}
}

func (r *recorder) receive() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Second)
	defer cancel()
	_, text, err := r.ws.Read(ctx)
	if err != nil {
		r.t.Fatalf("receive: %v, after\n%s", err, r.text.String())
	}
	r.text.WriteString("< " + string(text) + "\n")
}

// check checks that nothing more comes, closes the connection, and compares the transcript.
func (r *recorder) check(golden string) {
	r.t.Helper()
	r.say("/end")
	r.receive()
	if err := r.ws.Close(ws.CloseNormal, ""); err != nil {
		r.t.Errorf("close: %v", err)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		r.t.Fatal(err)
	}
	if got := r.text.String(); got != string(want)+"> /end\n< Unknown command: end\n" {
		r.t.Errorf("%s: the transcript is\n%s", golden, got)
	}
}

// The files are the transcripts of the tutorial, with the blanks at the ends of lines that the
// program sends and the page does not show.
func TestTranscripts(t *testing.T) {
	url := serve(t, rooms.NewMemory(), chatlib.Limits{})
	testTranscripts(t, url, url)
}

// testTranscripts has John and Jenny say what they say in the tutorial, each at an address.
func testTranscripts(t *testing.T, johns, jennys string) {
	t.Helper()
	john, jenny := record(t, johns), record(t, jennys)
	for _, step := range []struct {
		who          *recorder
		says         string
		alsoReceives *recorder
	}{
		{john, "John", nil},
		{john, "/help", nil},
		{john, "/join chalice", nil},
		{jenny, "Jenny", nil},
		{jenny, "/help", nil},
		{jenny, "/join chalice", john},
		{jenny, "/ls", nil},
		{john, "Hi", jenny},
		{jenny, "/nick JennyJones", john},
		{john, "/quit", jenny},
		{john, "/ls", nil},
	} {
		step.who.say(step.says)
		step.who.receive()
		if step.alsoReceives != nil {
			step.alsoReceives.receive()
		}
	}
	john.check("testdata/john.txt")
	for _, text := range []string{"/ls", "/room", "/nick"} {
		jenny.say(text)
		jenny.receive()
	}
	jenny.check("testdata/jenny.txt")
}

func TestT43_ForeignPagesCannotConnect(t *testing.T) {
	url := serve(t, rooms.NewMemory(), chatlib.Limits{})
	foreign := &wsclient.Options{Header: http.Header{"Origin": {"https://evil.example"}}}
	_, _, err := wsclient.Dial(t.Context(), url, foreign)
	refused, ok := errors.AsType[*wsclient.RefusedError](err)
	if !ok || refused.Status != http.StatusForbidden {
		t.Errorf("dial from a foreign page: %v, want status 403", err)
	}
	own := "http" + strings.TrimSuffix(strings.TrimPrefix(url, "ws"), "/api/")
	o := &wsclient.Options{Header: http.Header{"Origin": {own}}}
	c, _, err := wsclient.Dial(t.Context(), url, o)
	if err != nil {
		t.Fatalf("dial from the server's own page: %v", err)
	}
	if err := c.Close(ws.CloseNormal, ""); err != nil {
		t.Errorf("close: %v", err)
	}
}
