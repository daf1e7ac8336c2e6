package chattest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/triggerevent"
)

// place is where the stand-in is, for events.
var place = triggerevent.Place{Region: awstest.Region, AccountID: awstest.Account}

// testTriggers deploys a program with sockets, a queue, a schedule and HTTP. What each source
// brings reaches a client: by the deployed functions, and by the deployed zip under "tyg local".
func testTriggers(t *testing.T, tyg string) {
	p := newProject(t, tyg, "echo")
	p.takeNotices()
	queue := p.cloud.AddQueue("notices-jobs", 0)
	out := p.deploy()
	client := record(t, p.connect("api"))
	hook := regexp.MustCompile(`HTTP URL of hook: (https://\S+)`).FindStringSubmatch(out)
	if hook == nil {
		t.Fatalf("deploy printed no URL of hook:\n%s", out)
	}
	batch, err := p.cloud.Consumer(queue)
	if err != nil {
		t.Fatal(err)
	}
	jobs := p.function(batch.Function, nil)
	clock := p.function(p.cloud.Target("", "notices-dev-clock"))
	web := p.function(p.cloud.AtURL(hook[1]))
	if err := p.host.Deploy(t.Context(), jobs, clock, web); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	reply := p.invoke(jobs, triggerevent.SQS(place, "notices-jobs", []string{"a", "b"}, now))
	if reply != `{"batchItemFailures":[]}` {
		t.Errorf("the queue was answered %s", reply)
	}
	p.invoke(clock, triggerevent.Scheduled(place, "notices-dev-clock", now))
	request, err := http.NewRequest(http.MethodPost, hook[1], strings.NewReader("news"))
	if err != nil {
		t.Fatal(err)
	}
	event, err := triggerevent.HTTP(place, request, now)
	if err != nil {
		t.Fatal(err)
	}
	p.invoke(web, event)
	for range 4 {
		client.receive()
	}
	client.say("hi")
	client.receive()
	want := "< queue: a\n< queue: b\n< clock: 12:00:00\n< hook: news\n> hi\n< client: hi\n"
	if got := client.text.String(); got != want {
		t.Errorf("the client has\n%s\nwant\n%s", got, want)
	}
	testZipLocally(t, p, p.unpack(batch.Function))
	p.stop() // a function that reports after its log is gone has none
	p.run("delete", "--yes", "--tables")
	p.empty()
}

// takeNotices makes the project that of examples/notices.
func (p *deployment) takeNotices() {
	p.t.Helper()
	for _, name := range []string{"main.go", ".tyg/config.json"} {
		data, err := os.ReadFile(filepath.Join("../notices", name))
		if err == nil && name != "main.go" {
			var config, old map[string]any
			text, readErr := os.ReadFile(filepath.Join(p.dir, name))
			if readErr != nil {
				p.t.Fatal(readErr)
			}
			if err = json.Unmarshal(text, &old); err == nil {
				err = json.Unmarshal(data, &config)
			}
			if err == nil {
				config["lambda_architecture"] = old["lambda_architecture"]
				data, err = json.Marshal(config)
			}
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, name), data, 0o666)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// function returns a function of a trigger as it runs here.
func (p *deployment) function(fn awstest.Function, err error) functions.Function {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	if !p.cloud.MayManage(fn.Name, p.api, "api") {
		p.t.Fatalf("%s may not send", fn.Name)
	}
	return functions.Function{
		Name: fn.Name, Command: []string{p.unpack(fn)}, Env: fn.Environment, Timeout: fn.Timeout,
	}
}

func (p *deployment) invoke(fn functions.Function, event []byte) string {
	p.t.Helper()
	result, err := p.host.Invoke(p.t.Context(), functions.Invocation{
		Function: fn.Name, Payload: event,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return string(result.Payload)
}

// testZipLocally runs the deployed program under "tyg local", without its source, and puts a
// message into its queue and a request to its URL.
func testZipLocally(t *testing.T, p *deployment, program string) {
	t.Helper()
	dir := filepath.Dir(program)
	config := `{
		"app_name": "notices",
		"routes": {
			"$connect": {"function": "app"}, "$default": {"function": "app"},
			"$disconnect": {"function": "app"}
		},
		"lambda_functions": {
			"app": {"command": ["./bootstrap"]}, "jobs": {"command": ["./bootstrap"]},
			"clock": {"command": ["./bootstrap"]}, "hook": {"command": ["./bootstrap"]}
		},
		"triggers": {
			"jobs": {"sqs": "notices-jobs"}, "clock": {"schedule": "rate(1 minute)"},
			"hook": {"http": "public"}
		}
	}`
	if err := os.MkdirAll(filepath.Join(dir, ".tyg"), 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, ".tyg", "config.json")
	if err := os.WriteFile(file, []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	local := startLocal(t, p.tyg, dir)
	url := local.until(`on (ws://(\S+?)/api/)`)
	hook := local.until(`trigger hook serves (http://\S+)`)
	client := record(t, url[1])
	out := p.run("invoke", "--local", "--addr", url[2], "--name", "jobs", "--sqs", "put here")
	if !strings.Contains(out, "batchItemFailures") {
		t.Errorf("invoke printed %q", out)
	}
	client.receive()
	resp, err := http.Post(hook[1], "text/plain", strings.NewReader("news"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the hook answered %s %s, %v", resp.Status, body, err)
	}
	client.receive()
	if got, want := client.text.String(), "< queue: put here\n< hook: news\n"; got != want {
		t.Errorf("the client has\n%s\nwant\n%s", got, want)
	}
}

// A localRun is a "tyg local" that runs.
type localRun struct {
	t     *testing.T
	lines chan string
}

func startLocal(t *testing.T, tyg, dir string) *localRun {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tyg, "local", "--port", "0", "--inspect", "off",
		"--project-dir", dir)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=", "TABLE=", "TYG_NATS_URL=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := &localRun{t, make(chan string, 1000)}
	go func() { // ends with the program
		defer close(l.lines)
		for scan := bufio.NewScanner(r); scan.Scan(); {
			l.lines <- scan.Text()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // its status is of no interest here
		_ = w.Close()
	})
	return l
}

// until reads lines up to one that matches, and returns the match.
func (l *localRun) until(pattern string) []string {
	l.t.Helper()
	re, seen := regexp.MustCompile(pattern), ""
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case line, ok := <-l.lines:
			if !ok {
				l.t.Fatalf("tyg local has ended without %s:\n%s", pattern, seen)
			}
			seen += line + "\n"
			if m := re.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-timeout:
			l.t.Fatalf("tyg local has not printed %s:\n%s", pattern, seen)
		}
	}
}
