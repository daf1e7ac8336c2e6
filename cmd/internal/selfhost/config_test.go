package selfhost

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// parse returns the configuration of a stage in a text.
func parse(text string) (Config, error) {
	c, _, err := project.ParseGatewayFile([]byte(text))
	if err != nil {
		return Config{}, err
	}
	return newConfig(c, Source{Stage: "dev"})
}

// The example has every key of a gateway, so that users need not read the source.
func TestExampleHasEveryKey(t *testing.T) {
	if _, err := parse(Example); err != nil {
		t.Fatal(err)
	}
	lines := strict.Lines([]byte(Example))
	other := map[string]bool{ // what cannot stand beside what the example has
		"$schema": true, "app": true, "stages": true, "tls.cert_file": true, "tls.key_file": true,
		"tls.acme.directory_url": true, "admin.off": true, "lambda_functions.{name}.runtime": true,
		"authorizer.url": true, "authorizer.arn": true, "authorizer.region": true,
		"authorizer.mock": true,
		// Secrets are not on every machine; the page about self-hosting shows their keys.
		"connections_keys[].access_key_id": true, "connections_keys[].secret_env": true,
		"connections_keys[].secret_file": true,
		"admin.inspect_token_env":        true, "admin.inspect_token_file": true,
		"cluster.id_key_env": true, "cluster.id_key_file": true, "cluster.credentials_file": true,
		"cluster.password_env": true, "cluster.password_file": true, "cluster.cert_file": true,
		"cluster.key_file": true, "cluster.ca_file": true,
		// They need "nats" to be embedded.
		"cluster.nodes": true, "cluster.listen": true, "cluster.dir": true,
		"environment_variables.{name}.text": true, "environment_variables.{name}.local": true,
	}
	has := make(map[string]bool)
	for path := range lines {
		for _, of := range []string{"lambda_functions", "routes"} {
			if rest, ok := strings.CutPrefix(path, of+"."); ok {
				_, key, _ := strings.Cut(rest, ".")
				has[key], path = true, of+".{name}."+key
			}
		}
		has[path] = true
	}
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			if k.In&project.Gateway != 0 && !has[k.Path] && !other[k.Path] {
				t.Errorf("the example lacks the key %q", k.Path)
			}
		}
	}
}

// The example is valid as it stands, so that users can change it step by step.
func TestExampleIsValid(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("the example of a configuration, of shell scripts, was not run: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id") // else tyg-aws is built, to look for keys
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	file := filepath.Join(t.TempDir(), "gateway.json")
	if err := os.WriteFile(file, []byte(Example), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(t.Context(), c, io.Discard, io.Discard)
	if err == nil {
		err = g.Check()
	}
	if err != nil {
		t.Error(err)
	}
	if made, err := os.ReadDir(filepath.Dir(file)); err != nil || len(made) != 1 {
		t.Errorf("the check has made files: %v, %v", made, err)
	}
}

// What the page about self-hosting shows is a configuration.
func TestConfigurationsOfSelfHostingPageAreValid(t *testing.T) {
	page, err := os.ReadFile("../../../docs/self-hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```json\n")[1:]
	if len(blocks) == 0 {
		t.Error("the page has no configuration")
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		if _, err := parse(text); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		if _, err := project.ParseConfig([]byte(text)); err != nil {
			t.Errorf("old spelling: %v in\n%s", err, text)
		}
	}
}

// .tyg has the files of tyg; the programs of a project are beside it.
func TestPathsStartAtTheProject(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".tyg"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"gateway.json", ".tyg/gateway.json"} {
		file = filepath.Join(dir, filepath.FromSlash(file))
		err := os.WriteFile(file, []byte(`{"routes": {"$default": {"url": "http://x"}}}`), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(Source{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.path("bootstrap"), filepath.Join(dir, "bootstrap"); got != want {
			t.Errorf("in %s bootstrap is %s, want %s", file, got, want)
		}
	}
}

// A project has one file; what was for gateways only goes before it, with a note.
func TestFindsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, stage string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		text := `{"routes": {"$default": {"url": "http://x"}}, "api_gateway_stage": "` + stage + `"}`
		if err := project.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	read := func() Config {
		t.Helper()
		c, err := Read(Source{Dir: dir, Stage: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	_, err := Read(Source{Dir: dir})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--print-config") {
		t.Errorf("without a file the error is %v", err)
	}
	write(".tyg/config.json", "shared")
	if c := read(); c.APIGatewayStage != "shared" || c.dir != dir || len(c.Notes) > 0 {
		t.Errorf("of a project it reads %+v", c)
	}
	write(".tyg/gateway.json", "own")
	c := read()
	if c.APIGatewayStage != "own" || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], " is in use") {
		t.Errorf("beside gateway.json it reads %q with %q", c.APIGatewayStage, c.Notes)
	}
}

func TestReadNotesWhatAGatewayDoesNotUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.json")
	text := "{\"routes\": {\"$default\": {\"url\": \"http://x\"}},\n" +
		`"stage": "a", "throttling": {"rate_limit": 1}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(Source{File: file})
	want := []string{
		file + `:2: "stage" is now "api_gateway_stage"`,
		file + ": tyg gateway does not use throttling (it does not limit the messages of all clients " +
			"together)",
	}
	if err != nil || !slices.Equal(c.Notes, want) {
		t.Errorf("the notes are %q, %v, want %q", c.Notes, err, want)
	}
}

func TestStageIsOneOfTheConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.json")
	text := `{"routes": {"$default": {"url": "http://x"}}, "stages": {"prod": {"drain": "0s"}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(Source{File: file, Stage: "prd", StageSet: true})
	if err == nil || !strings.Contains(err.Error(), `did you mean "prod"?`) {
		t.Errorf("the error is %v", err)
	}
	c, err := Read(Source{File: file, Stage: "prod", StageSet: true})
	if err != nil || span(c.Drain) != 0 {
		t.Errorf("the configuration is %+v, %v", c, err)
	}
	if c, err = Read(Source{File: file, Stage: "dev"}); err != nil || span(c.Drain) != 30*time.Second {
		t.Errorf("the configuration of another stage is %+v, %v", c, err)
	}
}

// TestProfileOfFlags: flags go before the file, key by key.
func TestProfileOfFlags(t *testing.T) {
	var flags profileflag.Flags
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.Add(fs)
	if err := fs.Parse([]string{"-profile", "server", "-limit-life", "3h"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "gateway.json")
	text := `{"app": "a", "gateway_profile": "aws", "limits": {"life": "1h", "idle": "1m"}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(Source{File: file, Flags: &flags})
	if err != nil {
		t.Fatal(err)
	}
	want, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	want.Limits.Life, want.Limits.Idle = 3*time.Hour, time.Minute
	if c.Profile != want {
		t.Errorf("got  %+v\nwant %+v", c.Profile, want)
	}
}
