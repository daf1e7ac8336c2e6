package chattest

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/testprogram"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestTutorialOnAWS does what the tutorial does: new-project, deploy, connect, delete. AWS is a
// stand-in, and the deployed zip files run here, with the environment and permissions that they
// have there, behind a gateway with the deployed routes.
func TestTutorialOnAWS(t *testing.T) {
	sampletest.Part(t, 3)
	if runtime.GOOS != "linux" {
		t.Skip("what is deployed was not run: it needs Linux")
	}
	bin := t.TempDir()
	tyg := testprogram.Build(t, bin, "../../cmd/tyg")
	testprogram.Build(t, bin, "../../cmd/tyg-aws")
	t.Run("echo", func(t *testing.T) {
		p := newDeployment(t, tyg, "echo")
		c := record(t, p.connect("api"))
		for _, text := range []string{"hello", "again"} {
			c.say(text)
			c.receive()
		}
		if got := c.text.String(); got != "> hello\n< hello\n> again\n< again\n" {
			t.Errorf("the transcript is\n%s", got)
		}
		if err := c.ws.Close(ws.CloseNormal, ""); err != nil {
			t.Error(err)
		}
		p.logs(2)
		p.stop() // a function that reports after its log is gone has none
		p.run("delete", "--yes")
		p.empty()
	})
	t.Run("chat", func(t *testing.T) {
		p := newDeployment(t, tyg, "chat")
		url := p.connect("api")
		testTranscripts(t, url, url)
		p.stop()
		p.run("delete", "--yes", "--tables")
		p.empty()
	})
	t.Run("notices", func(t *testing.T) { testTriggers(t, tyg) })
}

// A deployment is a project that is on the stand-in for AWS.
type deployment struct {
	t        *testing.T
	tyg, dir string
	cloud    *awstest.Cloud
	endpoint string          // of all services
	api      string          // its id
	stop     func()          // ends what connect has begun
	host     *functions.Host // of what is deployed; nil before connect
}

func newDeployment(t *testing.T, tyg, template string) *deployment {
	t.Helper()
	p := newProject(t, tyg, template)
	p.deploy()
	return p
}

// newProject is a project that is not deployed yet.
func newProject(t *testing.T, tyg, template string) *deployment {
	t.Helper()
	p := &deployment{t: t, tyg: tyg, dir: t.TempDir(), cloud: awstest.New()}
	services := httptest.NewServer(p.cloud)
	t.Cleanup(func() {
		services.Close()
		for _, v := range p.cloud.Violations() {
			t.Errorf("AWS would refuse: %s", v)
		}
	})
	p.endpoint = services.URL
	p.run("new-project", template+"-server", "--template", template)
	p.dir = filepath.Join(p.dir, template+"-server")
	architectures := map[string]string{"amd64": "x86_64", "arm64": "arm64"}
	p.configure("lambda_architecture", architectures[runtime.GOARCH])
	return p
}

// deploy deploys the project, and returns what that prints.
func (p *deployment) deploy() string {
	p.t.Helper()
	out := p.run("deploy")
	url := regexp.MustCompile(`wss://(\w+)\.execute-api\.us-west-2\.amazonaws\.com/api/`)
	match := url.FindStringSubmatch(out)
	if match == nil {
		p.t.Fatalf("deploy printed no URL:\n%s", out)
	}
	p.api = match[1]
	if printed := p.run("url"); strings.TrimSpace(printed) != match[0] {
		p.t.Errorf("url printed %q, deploy %q", printed, match[0])
	}
	return out
}

// run runs tyg in the project and returns what it prints.
func (p *deployment) run(args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.tyg, args...)
	cmd.Dir = p.dir
	id, secret := p.cloud.Key()
	checkout, err := filepath.Abs("../..")
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Env = append(os.Environ(),
		"TYG_SOURCE="+checkout, "AWS_REGION=us-west-2", "AWS_ACCESS_KEY_ID="+id,
		"AWS_SECRET_ACCESS_KEY="+secret, "AWS_ENDPOINT_URL="+p.endpoint, "TABLE=", "TYG_NATS_URL=")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("tyg %s: %v: %s", args[0], err, errs.String())
	}
	return out.String()
}

// configure sets a key of the project's configuration.
func (p *deployment) configure(key, value string) {
	p.t.Helper()
	file := filepath.Join(p.dir, ".tyg", "config.json")
	var config map[string]any
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	config[key] = value
	text, _ = json.Marshal(config) // it was JSON
	if err := os.WriteFile(file, text, 0o666); err != nil {
		p.t.Fatal(err)
	}
}

func (p *deployment) empty() {
	p.t.Helper()
	if left := p.cloud.Resources(); len(left) > 0 {
		p.t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}

// connect runs what is deployed, and returns the address for its clients.
func (p *deployment) connect(stage string) string {
	p.t.Helper()
	live, err := p.cloud.Live(p.api, stage)
	if err != nil {
		p.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	id, secret := p.cloud.Key()
	host := &functions.Host{
		Environ:            []string{"AWS_ENDPOINT_URL_DYNAMODB=" + p.endpoint},
		Region:             awstest.Region,
		AccountID:          awstest.Account,
		Credentials:        functions.Credentials{AccessKeyID: id, SecretAccessKey: secret},
		ManagementEndpoint: "http://" + l.Addr().String() + "/" + stage,
		Reports:            true,
		Output:             p.log,
	}
	p.host = host
	srv := &gateway.Server{
		Stage: stage, APIID: p.api, Secrets: map[string]string{id: secret},
		Logger: slog.New(slog.DiscardHandler), Handler: p.router(host, live),
		Description:    &tyg.Description{RouteSelection: live.RouteSelection},
		StageVariables: live.Variables,
	}
	for key := range live.Routes {
		srv.Description.Routes = append(srv.Description.Routes, tyg.Route{Key: key})
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }() // the cleanup waits for it
	p.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			p.t.Errorf("shut down gateway: %v", err)
		}
		if err := <-served; err != http.ErrServerClosed {
			p.t.Error(err)
		}
		if err := host.Shutdown(ctx); err != nil {
			p.t.Errorf("shut down functions: %v", err)
		}
	})
	p.t.Cleanup(p.stop)
	return "ws://" + l.Addr().String() + "/" + stage + "/"
}

// log logs the output of functions as Lambda does.
func (p *deployment) log(l functions.Line) {
	if !p.cloud.Log(l.Function, l.Text) {
		p.t.Errorf("%s has no log for %q", l.Function, l.Text)
	}
}

// logs checks that "tyg logs" prints the messages of Lambda for so many events.
func (p *deployment) logs(events int) {
	p.t.Helper()
	if out := p.run("logs"); out != "" {
		p.t.Errorf("the echo server has printed %q", out)
	}
	out := p.run("logs", "-n", "websocket_message", "--include-lambda-messages")
	for _, word := range []string{"START RequestId: ", "END RequestId: ", "REPORT RequestId: "} {
		if n := strings.Count(out, word); n != events {
			p.t.Errorf("%s is there %d times, want %d:\n%s", word, n, events, out)
		}
	}
}

// router starts the functions of all routes.
func (p *deployment) router(host *functions.Host, live awstest.Live) *functions.Router {
	p.t.Helper()
	r := &functions.Router{Integrations: make(map[string]functions.Integration)}
	var all []functions.Function
	for key, route := range live.Routes {
		fn := route.Function
		if !p.cloud.MayManage(fn.Name, p.api, live.Stage) {
			p.t.Fatalf("%s may not send", fn.Name)
		}
		r.Integrations[key] = host.Integration(fn.Name)
		all = append(all, functions.Function{
			Name: fn.Name, Command: []string{p.unpack(fn)}, Env: fn.Environment, Timeout: fn.Timeout,
		})
	}
	if err := host.Deploy(p.t.Context(), all...); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// unpack unpacks the code of a function as Lambda does, and returns its program.
func (p *deployment) unpack(fn awstest.Function) string {
	p.t.Helper()
	z, err := zip.NewReader(bytes.NewReader(fn.Zip), int64(len(fn.Zip)))
	if err != nil {
		p.t.Fatal(err)
	}
	packed, err := z.Open("bootstrap")
	if err != nil {
		p.t.Fatal(err)
	}
	code, err := io.ReadAll(packed)
	if err != nil {
		p.t.Fatal(err)
	}
	program := filepath.Join(p.t.TempDir(), "bootstrap")
	if err := os.WriteFile(program, code, 0o755); err != nil {
		p.t.Fatal(err)
	}
	return program
}
