package main

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// TestProgramGetsOriginsAndCertificate: with --in-process the program serves the pages' sockets.
func TestProgramGetsOriginsAndCertificate(t *testing.T) {
	c := project.Config{StageConfig: project.StageConfig{Origins: []string{"https://a.example"}}}
	l := localRun{}
	l.Cert, l.Key = "/c", "/k"
	last := func(user ...string) map[string]string {
		vars := make(map[string]string)
		for _, entry := range l.environ(c, user) {
			name, value, _ := strings.Cut(entry, "=")
			vars[name] = value
		}
		return vars
	}
	loopback := strings.Join(local.Origins(), ",")
	got := last()
	if want := loopback + ",https://a.example"; got["TYG_ORIGIN"] != want {
		t.Errorf("the origins are %s, want %s", got["TYG_ORIGIN"], want)
	}
	if got["TYG_CERT"] != "/c" || got["TYG_KEY"] != "/k" {
		t.Errorf("the certificate is %s, %s", got["TYG_CERT"], got["TYG_KEY"])
	}
	if got := last("TYG_ORIGIN=x")["TYG_ORIGIN"]; got != "x" {
		t.Errorf("the environment sets %s, want x", got)
	}
	l.Origins = []string{"null"}
	if got := last("TYG_ORIGIN=x")["TYG_ORIGIN"]; got != loopback+",https://a.example,null" {
		t.Errorf("with --origin null the origins are %s", got)
	}
}
