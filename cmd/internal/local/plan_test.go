package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// What the page about tyg local shows is a configuration with functions and routes.
func TestConfigOfLocalPageIsValid(t *testing.T) {
	page, err := os.ReadFile("../../../docs/local.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```json\n")
	text, _, _ = strings.Cut(text, "```")
	c, err := project.ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(c, "/project", "dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Routes.Check(); err != nil {
		t.Error(err)
	}
	fn := p.Routes.Functions[0] // they are sorted
	if fn.Name != "echo" || fn.Dir != "/project" || fn.Env["COLOUR"] != "red" ||
		fn.Timeout != 5*time.Second {
		t.Errorf("the function is %+v", fn)
	}
	if fn := p.Routes.Functions[1]; fn.Dir != filepath.Join("/project", "gate") {
		t.Errorf("the directory is %s", fn.Dir)
	}
}
