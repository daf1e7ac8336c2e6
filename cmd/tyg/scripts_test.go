//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

const scriptConfig = `{
  "app_name": "scripts",
  "lambda_functions": {
    "python": {"command": ["python3", "echo.py"]},
    "node": {"command": ["node", "echo.mjs"]}
  },
  "routes": {
    "$connect": {"function": "python"},
    "$disconnect": {"function": "python"},
    "$default": {"function": "python", "response": true},
    "node": {"function": "node", "response": true}
  }
}
`

// A project without Go is served, replaced when a script changes, and given new routes when its
// configuration does; and its functions can be invoked as on Lambda.
func TestLocalServesScripts(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	for _, name := range []string{"python3", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("functions in two languages were not run: %v", err)
		}
	}
	p := &localProject{dir: copyScripts(t)}
	p.file(t, ".tyg/config.json", scriptConfig)
	p.running = startLocal(t, "--project-dir", p.dir, "--port", "0", "--json")
	p.url = p.served()
	c := dial(t, p.url+"?token=t")
	says := func(text, want string) {
		t.Helper()
		send(t, c, text)
		if got := receive(t, c); got != want {
			t.Errorf("to %q the answer is %q, want %q", text, got, want)
		}
	}
	says("hi", "python: hi")
	says(`{"action":"node"}`, `node: {"action":"node"}`)
	p.until(`"type":"event".*"event":"MESSAGE","route":"node"`)

	script, err := os.ReadFile(filepath.Join(p.dir, "echo.py"))
	if err != nil {
		t.Fatal(err)
	}
	p.file(t, "echo.py", strings.Replace(string(script), "python: ", "snake: ", 1))
	p.until(`"type":"reload"`)
	says("hi", "snake: hi")

	p.file(t, ".tyg/config.json", strings.Replace(scriptConfig, `"node": {"function": "node"`,
		`"js": {"function": "node"`, 1))
	p.until(`"type":"reload"`)
	says(`{"action":"node"}`, `snake: {"action":"node"}`)
	says(`{"action":"js"}`, `node: {"action":"js"}`)

	p.file(t, ".tyg/config.json", "{\n\"rotes\": {}}")
	p.until(`"type":"reload".*"error":"\.tyg/config\.json:2: ` +
		`there is no key \\"rotes\\"; did you mean \\"routes\\"\?"`)
	says("hi", "snake: hi")

	if got := p.invoke("python"); !strings.Contains(got, `snake: by hand`) {
		t.Errorf("the invocation returns %q", got)
	}
}

// file writes a file of the project.
func (p *localProject) file(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// invoke calls a function as the AWS CLI does.
func (p *localProject) invoke(name string) string {
	p.t.Helper()
	const event = `{"requestContext":{"eventType":"MESSAGE","routeKey":"$default"},"body":"by hand"}`
	base := "http://" + strings.TrimSuffix(strings.TrimPrefix(p.url, "ws://"), "/api/")
	r, err := http.NewRequest(http.MethodPost,
		base+"/2015-03-31/functions/"+name+"/invocations", strings.NewReader(event))
	if err != nil {
		p.t.Fatal(err)
	}
	key := sigv4.Credentials{AccessKeyID: "any", SecretAccessKey: "secret"}
	sigv4.Sign(r, []byte(event), key, "us-east-1", "lambda", time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Errorf("the invocation was answered with %s, %v", resp.Status, err)
	}
	return string(body)
}

// A program that holds its sockets itself is started anew.
func TestInProcessRestartsOnChange(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	source := strings.Replace(versioned, "VERSION", "0", 1)
	p := runLocal(t, "echo", source, "--in-process")
	c := dial(t, p.url)
	send(t, c, "hi")
	if a := receiveAnswer(t, c); a.version != "0" {
		t.Errorf("the answer is %+v", a)
	}
	p.write(t, "nonsense")
	p.version(t, "1")
	wantRestart(t, c)
	c = dial(t, p.served())
	send(t, c, "hi")
	if a := receiveAnswer(t, c); a.version != "1" {
		t.Errorf("the answer is %+v", a)
	}
	_ = c.CloseNow() // else tyg waits for its answer to the closing handshake
	p.signal(os.Interrupt)
	p.exits(0)
}

// The probe conforms as a function as it does in one process: events go through the Runtime API,
// and what it sends through @connections.
func TestLocalPassesConformance(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	l := startLocal(t, "--project-dir", "../../examples/probe", "--port", "0", "--quiet",
		"--no-reload")
	check := exec.Command("tyg", "conformance", "--url", strings.TrimSuffix(l.served(), "/"))
	out, err := check.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), " 0 failed") {
		t.Errorf("there is no count of failures: %s", out)
	}
}
