package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/newproject"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/awstest"
)

// An account is an AWS account, and a user with its keys in the directory of a project.
type account struct {
	*awstest.Cloud
	t   *testing.T
	url string
}

// newAccount makes an account, and a new project of this machine's architecture, in which the test
// then is. The templates "small" and "small chat" have the configuration of echo and chat, and a
// program that is built in no time. The test ends with an error if AWS would not have understood a
// request.
func newAccount(t *testing.T, template, name string) *account {
	t.Helper()
	a := &account{Cloud: awstest.New(), t: t}
	a.Settle = 0
	srv := httptest.NewServer(a)
	a.url = srv.URL
	t.Cleanup(func() {
		srv.Close()
		for _, v := range a.Violations() {
			t.Errorf("AWS would not understand: %s", v)
		}
	})
	a.environment()
	t.Chdir(t.TempDir())
	switch template {
	case "small":
		a.small("echo", name)
	case "small chat":
		a.small("chat", name)
	default:
		p := newproject.Project{Name: name, Template: template}
		if err := p.Make(t.Context(), buildinfo.Checkout()); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(name)
	architecture := map[string]string{"amd64": "x86_64"}[runtime.GOARCH]
	if architecture == "" {
		architecture = "arm64"
	}
	a.configure(`"version": "2.0",`, `"version": "2.0", "lambda_architecture": "`+architecture+`",`)
	return a
}

// small makes a project that describes itself as echo does, and does nothing else. Its
// configuration is that of the template.
func (a *account) small(template, name string) {
	a.t.Helper()
	for file, text := range map[string]string{
		"go.mod": "module small\n\ngo 1.26\n", ".tyg/config.json": string(project.NewConfig(template,
			name)),
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() {\n\t_, _ = os.Stdout.WriteString(`" +
			`{"name":"small","routes":[{"key":"$default"}],` +
			`"route_selection":"$request.body.action"}` + "`)\n}\n",
	} {
		if err := project.WriteFile(filepath.Join(name, filepath.FromSlash(file)),
			[]byte(text)); err != nil {
			a.t.Fatal(err)
		}
	}
}

// environment sets the keys of the account, and hides the configuration of this machine.
func (a *account) environment() {
	id, secret := a.Key()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": a.url, "AWS_REGION": awstest.Region, "AWS_MAX_ATTEMPTS": "2",
		"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_DEFAULT_REGION": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE":             filepath.Join(a.t.TempDir(), "config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(a.t.TempDir(), "credentials"),
	} {
		a.t.Setenv(name, value)
	}
}

// An outcome is what one command did.
type outcome struct {
	status         int
	stdout, stderr string
}

// tyg runs a command without a terminal.
func (a *account) tyg(args ...string) outcome {
	a.t.Helper()
	return a.tygWith(a.t.Context(), "", args...)
}

func (a *account) tygWith(ctx context.Context, stdin string, args ...string) outcome {
	a.t.Helper()
	var stdout, stderr bytes.Buffer
	e := &cli.Env{Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Getenv: os.Getenv}
	status := cli.Run(ctx, newRoot(e, built.toolchain()), args, e)
	return outcome{status, stdout.String(), stderr.String()}
}

// must runs a command that has to go well, and returns what it printed.
func (a *account) must(args ...string) string {
	a.t.Helper()
	o := a.tyg(args...)
	if o.status != cli.ExitOK {
		a.t.Fatalf("tyg %s: status %d, stderr\n%s", strings.Join(args, " "), o.status, o.stderr)
	}
	return o.stdout
}

// fails runs a command that has to fail, and compares the begin of what it says.
func (a *account) fails(status int, stderr string, args ...string) {
	a.t.Helper()
	o := a.tyg(args...)
	if o.status != status || !strings.HasPrefix(o.stderr, stderr) {
		a.t.Errorf("tyg %s: status %d, stderr\n%s\nwant status %d and\n%s",
			strings.Join(args, " "), o.status, o.stderr, status, stderr)
	}
}

// configure replaces a part of the configuration.
func (a *account) configure(old, text string) { a.edit(".tyg/config.json", old, text) }

// edit replaces a part of a file of the project.
func (a *account) edit(file, old, text string) {
	a.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		a.t.Fatalf("%s has no %q:\n%s", file, old, data)
	}
	data = []byte(strings.Replace(string(data), old, text, 1))
	if err := os.WriteFile(file, data, 0o666); err != nil {
		a.t.Fatal(err)
	}
}

// id returns the id of the API that is there.
func (a *account) id() string {
	a.t.Helper()
	for _, r := range a.Resources() {
		if rest, ok := strings.CutPrefix(r, "apigatewayv2 api "); ok {
			id, _, _ := strings.Cut(rest, " ")
			return id
		}
	}
	a.t.Fatalf("there is no API, only %q", a.Resources())
	return ""
}

// wantText compares what was printed, in which {id} stands for that of the API.
func (a *account) wantText(got, want string) {
	a.t.Helper()
	if want = strings.ReplaceAll(want, "{id}", a.id()); got != want {
		a.t.Errorf("tyg printed\n%s\nwant\n%s", got, want)
	}
}
