//go:build !tyg.lambda

package docs_test

import (
	"bufio"
	"context"
	"debug/elf"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/jwtauth"
	"github.com/tyg-dev/tyg/trigger"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestContentsListsAllPages keeps the table of contents.
func TestContentsListsAllPages(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(readLines(t, "README.md"), "\n")
	for _, page := range pages {
		if page != "README.md" && !strings.Contains(text, "]("+page+")") {
			t.Errorf("README.md does not list %s", page)
		}
	}
}

// TestAnchorsExist checks the links of pages to headings.
func TestAnchorsExist(t *testing.T) {
	link := regexp.MustCompile(`\]\(([\w./-]*)#([^)]+)\)`)
	for _, page := range append(pages(t), "../README.md") {
		for i, line := range withoutCode(readLines(t, page)) {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				to := page
				if m[1] != "" {
					to = filepath.Join(filepath.Dir(page), m[1])
				}
				if filepath.Ext(to) == ".md" && !hasAnchor(t, to, m[2]) {
					t.Errorf("%s:%d: %s has no heading #%s", page, i+1, to, m[2])
				}
			}
		}
	}
}

// dropped is what an anchor lacks of its heading.
var dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// hasAnchor reports whether a page has a heading with this anchor, as GitHub makes it.
func hasAnchor(t *testing.T, page, anchor string) bool {
	t.Helper()
	fenced := false
	for _, line := range readLines(t, page) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced || !strings.HasPrefix(line, "#") {
			continue
		}
		heading := strings.ToLower(strings.TrimLeft(line, "# "))
		if strings.ReplaceAll(dropped.ReplaceAllString(heading, ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

//go:embed testdata/browser
var browserFiles embed.FS

func newBrowserApp() *tyg.App {
	app := tyg.New("browser")
	files, _ := fs.Sub(browserFiles, "testdata/browser") // the directory is part of the program
	app.Pages(files)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return app
}

func newShop(app *tyg.App) (http.Handler, *gateway.Server) {
	ws := &gateway.Server{Handler: app, Stage: "live"}
	mux := http.NewServeMux()
	mux.Handle("/live/", ws) // the path begins with the stage
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		if err := app.Everyone().SendString(r.Context(), "a new order"); err != nil {
			http.Error(w, "not announced", http.StatusServiceUnavailable)
		}
	})
	return mux, ws
}

func stop(ctx context.Context, ws *gateway.Server, server *http.Server) error {
	return errors.Join(ws.Shutdown(ctx), server.Shutdown(ctx))
}

func serveBoth(ctx context.Context, app *tyg.App, api http.Handler) error {
	return host.Serve(ctx, app, host.Config{Addr: "127.0.0.1:0", HTTP: api})
}

// The mux serves both, and stops without losing a client's close frame.
func TestMounting(t *testing.T) {
	mux, gateway := newShop(newBroadcast())
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, server.URL+"/live/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, err := http.Post(server.URL+"/orders", "", nil); err != nil {
		t.Fatal(err)
	}
	if _, data, err := c.Read(ctx); err != nil || string(data) != "a new order" {
		t.Errorf("the client got %q, %v", data, err)
	}
	read := make(chan error, 1)
	go func() { // ends with the connection
		_, _, err := c.Read(ctx)
		read <- err
	}()
	if err := stop(ctx, gateway, server.Config); err != nil {
		t.Error(err)
	}
	if e, ok := errors.AsType[*ws.CloseError](<-read); !ok || e.Code != ws.CloseServiceRestart {
		t.Errorf("the client was closed with %v", e)
	}

	short, end := context.WithCancel(t.Context())
	end()
	if err := serveBoth(short, newBroadcast(), mux); err != nil {
		t.Error(err)
	}
}

func newDoor(check func(token string) (user string, err error)) *tyg.App {
	app := tyg.New("door")
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		user, err := check(r.Query.Get("token"))
		if err != nil {
			return tyg.Identity{}, tyg.ErrUnauthorized // 401
		}
		return tyg.Identity{Principal: user}, nil
	}, "route.request.querystring.token") // without it the answer is 401, and nothing is called
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		return c.SendString(ctx, "you are "+c.Identity.Principal)
	})
	return app
}

func newTokenDoor(ctx context.Context, config jwtauth.Config) (*tyg.App, error) {
	tokens, err := jwtauth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app := tyg.New("door")
	app.OnAuthorize(tokens.Authorize, tokens.IdentitySources()...)
	return app, nil
}

func newSessionDoor(userOf func(session string) (string, bool)) *tyg.App {
	app := tyg.New("door")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		cookie, err := (&http.Request{Header: r.Header}).Cookie("session")
		if err != nil {
			return tyg.Reject(http.StatusUnauthorized, "log in first")
		}
		if _, ok := userOf(cookie.Value); !ok {
			return tyg.Reject(http.StatusUnauthorized, "log in again")
		}
		return nil
	})
	return app
}

func TestDoor(t *testing.T) {
	h := tygtest.NewHost(t, newDoor(func(token string) (string, error) {
		if token != "ada's" {
			return "", errors.New("unknown")
		}
		return "Ada", nil
	}))
	c, err := h.Try(tygtest.Dial{Query: url.Values{"token": {"ada's"}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Send("who am I?")
	c.Expect("you are Ada")
	_, err = h.Try(tygtest.Dial{Query: url.Values{"token": {"stolen"}}})
	if r, ok := errors.AsType[*tygtest.Refused](err); !ok || r.Status != http.StatusUnauthorized {
		t.Errorf("a wrong token gives %v", err)
	}
}

func TestOtherDoors(t *testing.T) {
	tokens, err := newTokenDoor(t.Context(), jwtauth.Config{Secret: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	sessions := newSessionDoor(func(session string) (string, bool) { return "Ada", session == "s" })
	for _, test := range []struct {
		app    *tyg.App
		dial   tygtest.Dial
		refuse bool
	}{
		{tokens, tygtest.Dial{Query: url.Values{"token": {"no token"}}}, true},
		{sessions, tygtest.Dial{}, true},
		{sessions, tygtest.Dial{Header: http.Header{"Cookie": {"session=other"}}}, true},
		{sessions, tygtest.Dial{Header: http.Header{"Cookie": {"session=s"}}}, false},
	} {
		_, err := tygtest.NewHost(t, test.app).Try(test.dial)
		r, refused := errors.AsType[*tygtest.Refused](err)
		if refused != test.refuse || refused && r.Status != http.StatusUnauthorized {
			t.Errorf("%+v gives %v", test.dial, err)
		}
	}
}

func handle(
	ctx context.Context, r events.APIGatewayWebsocketProxyRequest,
) (events.APIGatewayProxyResponse, error) {
	switch r.RequestContext.RouteKey {
	case "$connect":
		// Remember r.RequestContext.ConnectionID in a table.
	case "$disconnect":
		// Remove it; this event may never come.
	default:
		// Send r.Body to each with PostToConnection; handle 410 and 429; page through the table.
	}
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}

func newBroadcast() *tyg.App {
	app := tyg.New("broadcast")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	return app
}

func newUploads() *tyg.App {
	app := tyg.New("uploads")
	app.OnTrigger("uploads", trigger.JSON(func(ctx context.Context, e events.S3Event) (any, error) {
		return nil, app.Everyone().SendJSON(ctx, e.Records)
	}))
	return app
}

func TestUploads(t *testing.T) {
	app := newUploads()
	client := tygtest.NewHost(t, app).Dial()
	event := json.RawMessage(`{"Records": [{"eventName": "ObjectCreated:Put"}]}`)
	if _, err := app.HandleTrigger(t.Context(), "uploads", event); err != nil {
		t.Fatal(err)
	}
	if got := client.Receive(); !strings.Contains(got, `"eventName":"ObjectCreated:Put"`) {
		t.Errorf("the client got %s", got)
	}
}

func newGreeting() *tyg.App {
	app := tyg.New("greeting")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		return c.SendString(ctx, "welcome")
	})
	return app
}

func TestGreeting(t *testing.T) {
	tygtest.NewHost(t, newGreeting()).Dial().Expect("welcome")
}

func TestMoving(t *testing.T) {
	if r, err := handle(t.Context(), events.APIGatewayWebsocketProxyRequest{}); err != nil ||
		r.StatusCode != http.StatusOK {
		t.Errorf("the function returns %+v, %v", r, err)
	}
	h := tygtest.NewHost(t, newBroadcast())
	one, two := h.Dial(), h.Dial()
	one.Send("hello")
	one.Expect("hello")
	two.Expect("hello")
}

// The command of the Dockerfile builds a program that needs no system, and the program serves.
func TestDockerfile(t *testing.T) {
	sampletest.Part(t, 3)
	if runtime.GOOS == "windows" {
		t.Skip("the command of the Dockerfile was not run: it is for sh")
	}
	text := "\n" + strings.Join(readLines(t, "../Dockerfile"), "\n")
	_, command, found := strings.Cut(text, "\nRUN CGO_ENABLED=0 go build ")
	command, _, _ = strings.Cut(command, "\n")
	_, image, last := strings.Cut(text, "\nFROM scratch\n")
	if !found || !last || strings.Contains(image, "RUN ") {
		t.Fatalf("the Dockerfile does not build into an empty image:%s", text)
	}
	program := filepath.Join(t.TempDir(), "program")
	build := exec.Command("sh", "-c", "CGO_ENABLED=0 go build "+
		strings.Replace(command, "/program", program, 1))
	build.Dir, build.Env = "..", append(os.Environ(), "PROGRAM=./examples/echo")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if f, err := elf.Open(program); err == nil {
		libraries, _ := f.ImportedLibraries() // an error is no library
		if len(libraries) > 0 {
			t.Errorf("the program needs %q, which an empty image lacks", libraries)
		}
		_ = f.Close()
	}
	serve := exec.CommandContext(t.Context(), program)
	serve.Env = []string{"TYG_ADDR=127.0.0.1:0"}
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "Serving echo-server on ws://127.0.0.1:") {
		t.Errorf("the program prints %q, %v", line, err)
	}
	_ = serve.Process.Kill()
	_ = serve.Wait()
}
