//go:build !tyg.lambda

package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/browsertest"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// screenshots names the directory in which TestScreenshots leaves its pictures.
const screenshots = "TYG_SCREENSHOTS"

// chat is an application with rooms, errors and routes.
func chat() *tyg.App {
	app := tyg.New("chat")
	room := app.Group("lobby")
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		if r.Query.Get("name") == "" {
			return tyg.Reject(http.StatusForbidden, "say your name")
		}
		return room.AddAs(ctx, c.ID, map[string]string{"name": r.Query.Get("name")})
	})
	app.OnRoute("say", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return room.Send(ctx, m.Data)
	})
	app.OnRoute("whoami", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendJSON(ctx, map[string]any{"you": c.ID, "since": c.ConnectedAt})
	})
	app.OnRoute("buy", func(context.Context, *tyg.Conn, tyg.Message) error {
		return errors.New("charge card 4711: the bank is closed")
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	return app
}

// join connects a client with a name.
func (r *rig) join(name string) *wsclient.Conn {
	r.t.Helper()
	c, _, err := wsclient.Dial(r.t.Context(), r.url+"?name="+name, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.CloseNow() })
	go func() { // ends with the connection
		for {
			if _, _, err := c.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	return c
}

// helpers find the row that has a text, and what is to be seen in it from its route on.
const helpers = `
	window.rowOf = (text) => [...document.querySelectorAll("button.row")]
		.find((b) => b.textContent.includes(text));
	window.textOf = (cell) => [...cell.childNodes].map((n) => n.textContent).join(" ")
		.replace(/\s+/g, " ").trim();
	window.seen = (text) => rowOf(text) && [...rowOf(text).children].slice(2)
		.map(textOf).filter((s) => s).join(" ");`

// open opens the page of the Inspector.
func (r *rig) open(b *browsertest.Browser) *browsertest.Page {
	r.t.Helper()
	page := b.Open(r.page + "#" + token)
	page.Wait(`document.getElementById("state").textContent === "Live"`)
	page.Inject(helpers)
	return page
}

// TestScreenshots leaves pictures of the page in a directory, to be looked at and kept in
// docs/images.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(screenshots)
	if dir == "" {
		t.Skipf("no pictures were made: %s is not set", screenshots)
	}
	b := browsertest.Start(t)
	r := start(t, chat())
	page := r.open(b)
	ann, bob, eve := r.join("ann"), r.join("bob"), r.join("eve")
	_, _, _ = wsclient.Dial(t.Context(), r.url, nil) // is refused
	for n := range 12 {
		time.Sleep(time.Duration(n%4) * 400 * time.Millisecond)
		r.say(ann, fmt.Sprintf(`{"action":"say","text":"Who has seen number %d?","room":"lobby"}`, n))
		r.say(bob, `{"action":"whoami"}`)
	}
	r.say(eve, `{"action":"buy","card":"4711","amount":12.50}`)
	r.say(eve, "good evening")
	r.say(ann, `{"action":"say","text":"Good evening, Eve.","room":"lobby","tags":["greeting"]}`)
	page.Wait(`samples.length >= 3 && document.querySelectorAll("li.line").length >= 28`)
	page.Eval(`rowOf("whoami").click()`)
	page.Eval(`document.querySelector(".card-head").click()`)
	page.Eval(`document.activeElement.blur()`)
	for name, look := range browsertest.Looks() {
		page.Show(look)
		page.Eval(`scrollTo(0, 0)`)
		page.Wait(`innerWidth === ` + fmt.Sprint(look.Width))
		page.Screenshot(filepath.Join(dir, "inspector-"+name+".png"))
	}
}

// TestPageInBrowser has a client of the terminal send a message: the page shows what it caused, and
// disconnects the client.
func TestPageInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	r := start(t, chat())
	page := r.open(b)
	page.Wait(`!location.href.includes("#")`) // the token is not in sight
	ann, bob := r.join("ann"), r.join("bob")
	r.say(ann, `{"action":"say","text":"hello, Bob"}`)
	page.Wait(`rowOf("hello, Bob") !== undefined`)
	page.Wait(`/^say {"action":"say","text":"hello, Bob"} [\d.]+ [µm]s → lobby \(2\)$/` +
		`.test(seen("hello, Bob"))`)
	page.Eval(`rowOf("hello, Bob").click()`)
	page.Wait(`document.querySelectorAll(".recipients .chip").length === 2`)
	page.Wait(`document.querySelector(".details pre").textContent ===
		'{\n  "action": "say",\n  "text": "hello, Bob"\n}'`)

	r.say(bob, `{"action":"buy"}`)
	page.Wait(`seen('"buy"')?.includes("failed")`)
	page.Eval(`void (filter.errors.checked = true, drawLines())`)
	page.Wait(`document.querySelectorAll("li.line").length === 1`)
	page.Eval(`void (filter.errors.checked = false, filter.text.value = "BANK is", drawLines())`)
	page.Wait(`document.querySelectorAll("li.line").length === 1`)
	page.Eval(`void (filter.text.value = "", filter.route.value = "say", drawLines())`)
	page.Wait(`document.querySelectorAll("li.line").length === 1`)
	page.Wait(`$("count").textContent.startsWith("1 of")`)
	page.Eval(`void (filter.route.value = "", drawLines())`)

	page.Wait(`document.querySelectorAll("#conns .card").length === 2`)
	page.Eval(`document.querySelector('#conns [title="' + conns[0].id + '"]')` +
		`.closest("button").click()`)
	page.Eval(`document.querySelector("#conns .actions:not([hidden]) .danger").click()`)
	page.Wait(`document.querySelectorAll("#conns .card").length === 1`)
	page.Wait(`seen("closed with 1000") !== undefined`)

	page.Eval(`void ($("connect").elements.query.value = "name=eve", $("connect").requestSubmit())`)
	page.Wait(`document.querySelector(".card.own textarea") !== null`)
	page.Eval(`void (document.querySelector(".card.own textarea").value = "from the page")`)
	page.Eval(`document.querySelector(".card.own button.main").click()`)
	page.Wait(`seen("from the page")?.includes("→ all (2)")`)
}

// TestRecipientsFitInBrowser sends to single connections, more than a row has place for: in all
// looks those that it names, and how many more there are, are in sight.
func TestRecipientsFitInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	ids := make(chan tyg.ConnID, 6)
	app := tyg.New("test")
	app.OnOpen(func(_ context.Context, c *tyg.Conn) error { ids <- c.ID; return nil })
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		for range cap(ids) {
			_ = app.Sender().Send(ctx, <-ids, m.Data)
		}
		return nil
	})
	r := start(t, app)
	page := r.open(b)
	for range cap(ids) - 1 {
		r.join("bob")
	}
	r.say(r.join("ann"), "to six")
	page.Wait(`seen("to six")?.endsWith(" +3")`)
	for _, look := range browsertest.Looks() {
		page.Show(look)
		page.Wait(`innerWidth === ` + fmt.Sprint(look.Width))
		page.Wait(`((to) => [...to.children].every((e) => e.getBoundingClientRect().right <=
			to.getBoundingClientRect().right + 1))(rowOf("to six").querySelector(".to"))`)
	}
}

// TestKeysInBrowser uses the page without a mouse.
func TestKeysInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	r := start(t, chat())
	page := r.open(b)
	ann := r.join("ann")
	r.say(ann, "first")
	r.say(ann, "second")
	page.Wait(`rowOf("second") !== undefined`)
	page.Press("/")
	page.Wait(`document.activeElement === filter.text`)
	page.Press("Escape")
	page.Press("j")
	page.Wait(`document.activeElement === rowOf("second")`)
	page.Press("j")
	page.Wait(`document.activeElement === rowOf("first")`)
	page.Press("Enter")
	page.Wait(`rowOf("first").getAttribute("aria-expanded") === "true"`)
	page.Wait(`document.activeElement === rowOf("first")`)
	page.Press("k")
	page.Wait(`document.activeElement === rowOf("second")`)
	page.Press("p")
	page.Wait(`$("state").textContent === "Paused"`)
	r.say(ann, "third")
	page.Wait(`$("state").textContent === "Paused, 1 new" && rowOf("third") === undefined`)
	page.Press("p")
	page.Wait(`rowOf("third") !== undefined`)
}

// hostile is markup that would run if it were taken for that.
const hostile = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>`

// TestTextStaysTextInBrowser puts markup into everything that the page shows.
func TestTextStaysTextInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	app := tyg.New("test")
	app.OnRoute(hostile, func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		g := app.Group(hostile)
		_ = g.Add(ctx, c.ID)
		_ = g.SendString(ctx, hostile)
		return errors.New(hostile)
	})
	r := start(t, app)
	page := r.open(b)
	c, _, err := wsclient.Dial(t.Context(), r.url, &wsclient.Options{
		Header: http.Header{"User-Agent": {hostile}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	r.say(c, `{"action":`+strconv.Quote(hostile)+`}`)
	page.Wait(`document.querySelector("li.failed .group")?.textContent.startsWith("<img")`)
	page.Eval(`document.querySelector("li.failed button").click()`)
	page.Wait(`document.querySelector(".details .error").textContent.includes("<script>")`)
	page.Wait(`document.querySelector("#conns .group").textContent.startsWith("<img")`)
	page.Wait(`[...filter.route.options].some((o) => o.value.includes("<script>"))`)
	_ = c.Close(4000, hostile)
	page.Wait(`seen("closed with 4000 <img") !== undefined`)
	page.Eval(`void ($("connect").elements.headers.value = "<b>", $("connect").requestSubmit())`)
	page.Wait(`document.querySelector("#connect .answer").textContent.startsWith("headers:")`)
	page.Wait(`document.querySelector("img[src=x], main script") === null && window.ran === undefined`)
	page.Wait(`(() => {
		try { document.body.innerHTML = "x"; } catch (e) { return e instanceof TypeError; }
	})()`)
}

// TestAccessibilityInBrowser has axe-core look at the page in its states, sizes and colours.
func TestAccessibilityInBrowser(t *testing.T) {
	axe := browsertest.Axe(t)
	b := browsertest.Start(t)
	r := start(t, chat())
	page := r.open(b)
	page.Inject(axe)
	page.CheckAccess("empty")
	ann := r.join("ann")
	r.say(ann, `{"action":"say","text":"hello"}`)
	r.say(ann, `{"action":"buy"}`)
	_, _, _ = wsclient.Dial(t.Context(), r.url, nil) // is refused
	page.Wait(`document.querySelectorAll("li.line").length >= 4 && samples.length > 1`)
	page.CheckAccess("with messages")
	page.Eval(`rowOf("buy").click()`)
	page.Eval(`document.querySelector(".card-head").click()`)
	page.Eval(`void ($("new").open = true)`)
	for _, tab := range []string{"people", "charts", "timeline"} {
		page.Eval(`document.querySelector('.tabs [data-tab="` + tab + `"]').click()`)
		page.CheckAccess("open, " + tab)
	}
	page.Eval(`ask()`)
	page.CheckAccess("token")
}
