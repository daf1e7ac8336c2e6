//go:build !tyg.lambda

package chattest

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/examples/chat/page"
	"github.com/tyg-dev/tyg/internal/browsertest"
	"github.com/tyg-dev/tyg/rooms"
)

// newPagedChat is the chat of main.go.
func newPagedChat() *tyg.App {
	app := tyg.New("chat")
	chat := &chatlib.Chat{Store: rooms.NewMemory(), Sender: app.Sender()}
	app.Pages(page.Files())
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	return app
}

// A person uses the page as a person does: by its forms and buttons.
type person struct {
	t *testing.T
	*browsertest.Page
}

const (
	script = `<img/src=x/onerror=alert(1)>`
	texts  = `[...document.querySelectorAll("#log .text, #log .news")].map((e) => e.textContent)`
)

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// submit fills a field and submits its form.
func (p *person) submit(field, text string) {
	p.t.Helper()
	p.Wait(`document.getElementById("` + field + `").checkVisibility()`)
	p.Wait(`document.body.classList.contains("online")`)
	p.Eval(`document.getElementById("` + field + `").value = ` + quoted(p.t, text))
	p.Eval(`document.getElementById("` + field + `").form.requestSubmit()`)
}

func (p *person) sees(text string) {
	p.t.Helper()
	p.Wait(texts + `.includes(` + quoted(p.t, text) + `)`)
}

// seesMembers waits until the list of members has exactly these names.
func (p *person) seesMembers(names ...string) {
	p.t.Helper()
	list, err := json.Marshal(names)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Wait(`JSON.stringify([...document.querySelectorAll("#members .name")].map((e) =>
		e.textContent).sort()) === JSON.stringify(` + string(list) + `.sort())`)
}

func (p *person) enter(name, room string) {
	p.t.Helper()
	p.submit("nickname", name)
	p.submit("room", room)
	p.Wait(`document.body.dataset.view === "room"`)
}

// Two pages talk with each other and with a terminal, and again after the server was restarted.
// What would be markup anywhere stays text.
func TestPageInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newPagedChat())
	john, jenny := &person{t, browser.Open(server.URL)}, &person{t, browser.Open(server.URL)}
	john.enter("John", "tyg")
	jenny.submit("nickname", script)
	jenny.Wait(`document.querySelector("#rooms button")?.textContent === "tyg"`)
	jenny.Eval(`document.querySelector("#rooms button").click()`)
	john.sees(script + " joined")
	john.seesMembers("John", script)
	jenny.seesMembers("John", script)

	john.submit("line", "<b>hello</b> & goodbye")
	jenny.sees("<b>hello</b> & goodbye")
	jenny.submit("line", script)
	john.sees(script)

	terminal := startTerminal(t, server.URL)
	terminal.say("Terminal", "/join tyg", "hi from here")
	john.sees("hi from here")
	jenny.submit("line", "hi there")
	terminal.expect(script + ": hi there")
	john.submit("line", "/msg Terminal psst")
	terminal.expect("John (private): psst")
	terminal.leave()
	jenny.sees("Terminal left")

	server.Stop()
	for _, p := range []*person{john, jenny} {
		p.Wait(`document.getElementById("link-text").textContent.startsWith("Not connected")`)
	}
	john.Eval(`document.getElementById("line").value = "kept"`)
	john.Eval(`document.getElementById("composer").requestSubmit()`)
	john.Wait(`document.getElementById("room-error").textContent.startsWith("Not connected")`)
	server.Restart(newPagedChat())
	john.seesMembers("John", script)
	jenny.seesMembers("John", script)
	john.Eval(`document.getElementById("composer").requestSubmit()`)
	jenny.sees("kept")

	jenny.Eval(`document.getElementById("leave").click()`)
	jenny.submit("room", script)
	jenny.Wait(`document.getElementById("title").textContent === ` + quoted(t, script))
	if n := jenny.Eval(`document.querySelectorAll("b, img").length`); n != "0" {
		t.Errorf("the page has %s elements that came as text", n)
	}
}

// A nickname that another person has is refused where it was typed, and can be changed later.
func TestPageExplainsRefusals(t *testing.T) {
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newPagedChat())
	john, jenny := &person{t, browser.Open(server.URL)}, &person{t, browser.Open(server.URL)}
	john.enter("John", "tyg")
	jenny.submit("nickname", "john")
	jenny.Wait(`document.getElementById("login-error").textContent.includes("is taken")`)
	jenny.enter("Jenny", "tyg")
	jenny.submit("line", strings.Repeat("名", 1366)) // 4,098 bytes
	jenny.Wait(`document.getElementById("room-error").textContent.includes("at most 4096 bytes")`)

	jenny.Eval(`document.getElementById("me").click()`)
	jenny.submit("new-name", "Jane")
	john.sees("Jenny is now Jane")
	john.seesMembers("Jane", "John")
	jenny.submit("line", "/help")
	jenny.Wait(texts + `.some((text) => text.startsWith("Commands available:"))`)

	jenny.Eval(`window.before = true`)
	jenny.Eval(`location.reload()`) // the name and the room stay those of the page
	jenny.Wait(`window.before === undefined`)
	jenny.seesMembers("Jane", "John")
	john.Eval(`document.getElementById("leave").click()`)
	jenny.sees("John left")
	john.submit("room", "two words")
	john.Wait(`document.getElementById("lobby-error").textContent.includes("must not contain spaces")`)
}

// A terminal is tyg connect, with pipes in place of a keyboard and a screen.
type terminal struct {
	t    *testing.T
	in   io.WriteCloser
	out  *bufio.Scanner
	wait func() error
}

func startTerminal(t *testing.T, page string) *terminal {
	t.Helper()
	tyg := filepath.Join(t.TempDir(), "tyg")
	build := exec.Command("go", "build", "-o", tyg, "../../cmd/tyg")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build tyg: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), tyg, "connect", page+"api/", "--wait", "0s")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &terminal{t, in, bufio.NewScanner(out), cmd.Wait}
}

func (c *terminal) say(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, strings.Join(lines, "\n")+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads lines up to this one.
func (c *terminal) expect(line string) {
	c.t.Helper()
	for c.out.Scan() {
		if c.out.Text() == line {
			return
		}
	}
	c.t.Fatalf("the terminal ended without %q: %v", line, c.out.Err())
}

func (c *terminal) leave() {
	c.t.Helper()
	_ = c.in.Close()
	for c.out.Scan() { // to the end
	}
	if err := c.wait(); err != nil {
		c.t.Errorf("tyg connect: %v", err)
	}
}
