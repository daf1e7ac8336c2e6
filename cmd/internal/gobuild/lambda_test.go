package gobuild_test

import (
	"debug/elf"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
)

// What is built for Lambda is for its processors, says nothing of the machine that it was built on,
// and has the same bytes wherever the project is.
func TestBuildLambda(t *testing.T) {
	files := map[string]string{
		"go.mod": gomod, "main.go": "package main\n\nfunc main() { println(text) }\n",
		"there.go": "//go:build tyg.lambda && lambda.norpc\n\npackage main\n\nconst text = \"on " +
			"Lambda\"\n",
		"here.go": "//go:build !tyg.lambda || !lambda.norpc\n\npackage main\n\nconst text = " +
			"\"somewhere else\"\n",
	}
	first, second := project(t, files), project(t, files)
	to := gobuild.Platform{OS: "linux", Arch: "arm64"}
	program, err := first.BuildLambda(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	again, err := second.BuildLambda(t.Context(), to)
	if err != nil || again.Hash != program.Hash {
		t.Errorf("in another directory the program has hash %s, %v, and had %s", again.Hash, err,
			program.Hash)
	}
	binary, err := elf.Open(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	if binary.Machine != elf.EM_AARCH64 || binary.Section(".debug_info") != nil {
		t.Errorf("the program is for %v, with symbols: %v", binary.Machine,
			binary.Section(".debug_info") != nil)
	}
	data, err := os.ReadFile(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.Contains(text, "on Lambda") || strings.Contains(text, "somewhere else") {
		t.Error("the program was built without the tags")
	}
	if strings.Contains(text, first.Dir) {
		t.Error("the program names the directory of the project")
	}
}
