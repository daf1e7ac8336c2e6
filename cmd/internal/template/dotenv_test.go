package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// readDotenv reads a service whose function has the variables V and W, beside these files.
func readDotenv(
	t *testing.T, plugin, stage string, files map[string]string,
) (env map[string]string, err error) {
	t.Helper()
	path := write(t, "serverless.yml", plugin+`
provider: {name: aws, environment: {V: '${env:A}', W: '${env:B, "none"}'}}
functions:
  say: {handler: src/say.handler, events: [{websocket: $default}]}
`)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	given := func(name string) string { return map[string]string{"GIVEN": "yes"}[name] }
	r, err := template.Read(path, template.Options{Stage: stage, Getenv: given})
	return r.Config.Functions["say"].Environment.Plain(), err
}

func TestDotenv(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"A=1\nB = two words # said\n":                {"V": "1", "W": "two words"},
		"# A=0\n\nexport A='x$B # y'\nB=\n":          {"V": "x$B # y", "W": "none"},
		"B=\"a\\nb\"\r\nA=$B/${GIVEN}\r\n":           {"V": "a\nb/yes", "W": "a\nb"},
		"GIVEN=no\nA=${GIVEN}\nB='two\nlines'\n":     {"V": "yes", "W": "two\nlines"},
		"A: 1\nnot a variable\nB=https://x.y/?z=1\n": {"V": "1", "W": "https://x.y/?z=1"},
	} {
		env, err := readDotenv(t, "", "", map[string]string{".env": text})
		if err != nil || !maps.Equal(env, want) {
			t.Errorf("%q gives %q, %v, want %q", text, env, err, want)
		}
	}
}

// TestDotenvOfStage reads one file, and with the plugin all, for all functions.
func TestDotenvOfStage(t *testing.T) {
	files := map[string]string{".env": "A=1\nB=2\n", ".env.live": "A=3\n"}
	plugin := "plugins: [serverless-dotenv-plugin]\n"
	for _, tt := range []struct {
		plugin, stage string
		want          map[string]string
	}{
		{"", "dev", map[string]string{"V": "1", "W": "2"}},
		{"", "live", map[string]string{"V": "3", "W": "none"}},
		{plugin, "live", map[string]string{"V": "3", "W": "2", "A": "3", "B": "2"}},
		{
			plugin + "custom: {dotenv: {exclude: [A]}}\n", "dev",
			map[string]string{"V": "1", "W": "2", "B": "2"},
		},
		{
			plugin + "custom: {dotenv: {path: ./.env.live, include: [A]}}\n", "dev",
			map[string]string{"V": "3", "W": "none", "A": "3"},
		},
	} {
		env, err := readDotenv(t, tt.plugin, tt.stage, files)
		if err != nil || !maps.Equal(env, tt.want) {
			t.Errorf("%q, stage %s: %q, %v, want %q", tt.plugin, tt.stage, env, err, tt.want)
		}
	}
	if env, err := readDotenv(t, "", "", nil); err != nil || env["V"] != "" {
		t.Errorf("without .env, ${env:A} is %q, %v", env["V"], err)
	}
}

// TestArtifacts finds the code of functions that are packed before the framework runs.
func TestArtifacts(t *testing.T) {
	for _, tt := range []struct{ name, runtime, handler, artifact, file, directory, want string }{
		{"in a directory", "provided.al2", "bootstrap", "./bin/say/say.zip", "", "", "bin/say/bootstrap"},
		{"beside others", "go1.x", "main", "bin/say.zip", "", "", "bin/say/main"},
		{"only a zip", "provided.al2", "bootstrap", "say.zip", "say.zip", "say.zip", "bootstrap"},
		{"packed script", "python3.13", "app.say", "say.zip", "say.zip", "say.zip", "app.say"},
		{"script", "python3.13", "app.say", "say.zip", "app.py", "", "app.say"},
	} {
		path := write(t, "serverless.yml", "provider: {name: aws, runtime: "+tt.runtime+`}
functions:
  say:
    handler: `+tt.handler+`
    package: {artifact: `+tt.artifact+`}
    events: [{websocket: $default}]
`)
		if tt.file != "" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), tt.file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := read(t, path, template.Options{}).Config.Functions["say"]
		if f.Directory != tt.directory || f.Handler != tt.want {
			t.Errorf("%s: handler %s in %q, want %s in %q", tt.name, f.Handler, f.Directory, tt.want,
				tt.directory)
		}
	}
}
