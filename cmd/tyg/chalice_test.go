//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// chalice runs a copy of a project of Chalice.
func chalice(t *testing.T, dir string, args ...string) string {
	t.Helper()
	own := t.TempDir()
	if err := os.CopyFS(own, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	l := startLocal(t, append([]string{"--project-dir", own, "--port", "0"}, args...)...)
	return l.served()
}

// needs skips a test where a program fails.
func needs(t *testing.T, what, program string, args ...string) {
	t.Helper()
	if err := exec.Command(program, args...).Run(); err != nil {
		t.Skipf("%s was not run: %s %s: %v", what, program, args, err)
	}
}

// TestChaliceWithoutPackages runs a program where neither chalice nor boto3 is installed.
func TestChaliceWithoutPackages(t *testing.T) {
	sampletest.Part(t, 4)
	needs(t, "a program of Chalice", "python3", "--version")
	t.Setenv("PYTHONNOUSERSITE", "1")
	t.Setenv("PATH", isolatedPython(t)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	url := chalice(t, "testdata/chalice/echo")
	c := dial(t, url)
	for _, tt := range []struct{ send, want string }{
		{"foo", "foo"},
		{"foo bar baz", "foo bar baz"},
		{"ünï", "ünï"},
		{"json", "Error Parsing JSON"},
		{"info", "['ConnectedAt', 'Identity', 'LastActiveAt']"},
		{"gone", "gone: bm9uZXNzc3Nzc3M="},
	} {
		if send(t, c, tt.send); receive(t, c) != tt.want {
			t.Errorf("to %q the answer is not %q", tt.send, tt.want)
		}
	}
	send(t, c, "close")
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("the function did not close the connection")
	}
	_, resp, err := wsclient.Dial(t.Context(), url+"?refuse=1", nil)
	if err == nil || resp == nil || resp.StatusCode != 401 {
		t.Errorf("a refused handshake: %v, %v", resp, err)
	}
}

// isolatedPython returns a directory with a python3 that has no packages.
func isolatedPython(t *testing.T) string {
	t.Helper()
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := "#!/bin/sh\nexec " + strings.TrimSpace(string(python)) + " -S \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestChaliceChat plays the chat of the tutorial on a program of our own.
func TestChaliceChat(t *testing.T) {
	sampletest.Part(t, 4)
	needs(t, "the chat of Chalice", "python3", "-c", "import boto3")
	playChat(t, chalice(t, "testdata/chalice/chat", "--prepare", "python3 make_table.py"))
}

// TestTutorialPrograms plays both transcripts of the tutorial on its own programs, which are read
// from the text that the environment names.
func TestTutorialPrograms(t *testing.T) {
	text := os.Getenv("TYG_TEST_TUTORIAL")
	if text == "" {
		t.Skip("the programs of the tutorial were not run: TYG_TEST_TUTORIAL names no file")
	}
	needs(t, "the tutorial", "python3", "-c", "import boto3")
	dir := t.TempDir()
	extractTutorial(t, text, dir)
	c := dial(t, chalice(t, filepath.Join(dir, "echo-server")))
	for _, line := range []string{"foo", "bar", "foo bar baz"} {
		if send(t, c, line); receive(t, c) != line {
			t.Errorf("%q was not sent back", line)
		}
	}
	chat := filepath.Join(dir, "chalice-chat-example")
	playChat(t, chalice(t, chat, "--prepare", "python3 create-resources.py"))
}

// block is a program in the text, with its path.
var block = regexp.MustCompile(`(?m)^\.\. code-block:: python\n   :caption: (\S+)\n` +
	`(?:   :\w+:.*\n)*((?:   .*\n|\n)+)`)

// extractTutorial writes the programs of the tutorial as a reader of it does.
func extractTutorial(t *testing.T, text, dir string) {
	t.Helper()
	data, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	found := block.FindAllStringSubmatch(string(data), -1)
	if len(found) != 4 {
		t.Fatalf("%s has %d programs with a path, want 4", text, len(found))
	}
	files := make(map[string]string)
	for _, m := range found {
		path := m[1]
		switch path {
		case "app.py":
			path = "echo-server/" + path
		case "create-resources.py":
			path = "chalice-chat-example/" + path
		}
		files[path] = regexp.MustCompile(`(?m)^   `).ReplaceAllString(m[2], "")
	}
	for _, name := range []string{"echo-server", "chalice-chat-example"} {
		files[name+"/.chalice/config.json"] = `{"version": "2.0", "app_name": "` + name +
			`", "stages": {"dev": {"api_gateway_stage": "api"}}}` // as chalice new-project writes it
	}
	p := &localProject{dir: dir}
	for path, text := range files {
		p.file(t, path, text)
	}
}

// playChat plays both sides of the transcript of the chat.
func playChat(t *testing.T, url string) {
	t.Helper()
	john, jenny := dial(t, url), dial(t, url)
	says := func(c *wsclient.Conn, text string, want ...string) {
		t.Helper()
		send(t, c, text)
		got := receive(t, c)
		if !slices.Contains(want, got) && !strings.HasPrefix(got, want[0]+"\n    /help") {
			t.Errorf("to %q the answer is %q, want %q", text, got, want)
		}
	}
	hears := func(c *wsclient.Conn, want string) {
		t.Helper()
		if got := receive(t, c); got != want {
			t.Errorf("a client got %q, want %q", got, want)
		}
	}
	says(john, "John", "Using nickname: John\nType /help for list of commands.")
	says(john, "/help", "Commands available:")
	says(john, "/join chalice", `Joined chat room "chalice"`)
	says(jenny, "Jenny", "Using nickname: Jenny\nType /help for list of commands.")
	says(jenny, "/help", "Commands available:")
	says(jenny, "/join chalice", `Joined chat room "chalice"`)
	hears(john, "Jenny joined room.")
	says(jenny, "/ls", "John\nJenny", "Jenny\nJohn")
	says(john, "Hi", "John: Hi")
	hears(jenny, "John: Hi")
	says(jenny, "/nick JennyJones", "Nickname is: JennyJones")
	hears(john, "Jenny is now known as JennyJones.")
	says(john, "/quit", `Left chat room "chalice"`)
	hears(jenny, "John left room.")
	says(john, "/ls", "chalice")
	says(jenny, "/ls", "JennyJones")
	says(jenny, "/room", "chalice")
	says(jenny, "/nick", "Current nickname: JennyJones")
}
