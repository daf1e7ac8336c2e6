//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	natsServer = "github.com/nats-io/nats-server/v2"
	nodeFolder = "./test/cluster/node"
)

// goBuild builds a package of the module at dir.
func goBuild(dir, out, pkg string, flags ...string) error {
	args := append([]string{"build", "-o", out}, flags...)
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
	}
	return nil
}

// root returns the folder of this module.
func root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tyg-dev/tyg").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w; run this in its folder", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// buildMutant builds a node whose sources are changed.
func buildMutant(dir, out string, m mutant) error {
	temp, err := os.MkdirTemp("", "tyg-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for i, e := range m.edits {
		source := filepath.Join(dir, filepath.FromSlash(e.file))
		from := source
		if changed, ok := overlay.Replace[source]; ok {
			from = changed
		}
		text, err := e.apply(from)
		if err != nil {
			return err
		}
		changed := filepath.Join(temp, fmt.Sprint(i, ".go"))
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			return err
		}
		overlay.Replace[source] = changed
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	list := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(list, data, 0o600); err != nil {
		return err
	}
	return goBuild(dir, out, nodeFolder, "-overlay", list)
}

// An edit replaces a text in a file of this module that has it once.
type edit struct{ file, old, new string }

// apply returns the changed text of a file.
func (e edit) apply(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := string(data)
	if n := strings.Count(text, e.old); n != 1 {
		return "", fmt.Errorf("%s has %q %d times, want once", e.file, e.old, n)
	}
	return strings.Replace(text, e.old, e.new, 1), nil
}
