package gobuild_test

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"slices"
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

// TestBuildLambdaObeysFlags has flags of the project and of GOFLAGS. A processor level of this
// machine does not count: Lambda may not have it.
func TestBuildLambdaObeysFlags(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod": gomod, "main.go": "package main\n\nvar one, two, three, four string\n\n" +
			"func main() { println(one, two, three, four) }\n",
		"ours.go":   "//go:build ours\n\npackage main\n\nfunc init() { three = \"tag-of-ours\" }\n",
		"theirs.go": "//go:build theirs\n\npackage main\n\nfunc init() { four = \"tag-of-theirs\" }\n",
	})
	t.Setenv("GOFLAGS", "-tags=theirs -ldflags=-X=main.two=from-environment")
	t.Setenv("GOAMD64", "v4")
	p.Tags, p.LDFlags = []string{"ours"}, "-X main.one=from-project"
	p.Flags = []string{"-gcflags=-l"}
	program, err := p.BuildLambda(t.Context(), gobuild.Platform{OS: "linux", Arch: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"from-project", "from-environment", "tag-of-ours", "tag-of-theirs",
	} {
		if !bytes.Contains(data, []byte(part)) {
			t.Errorf("the program has no %q", part)
		}
	}
	info, err := buildinfo.ReadFile(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range info.Settings {
		if setting.Key == "GOAMD64" && setting.Value != "v1" {
			t.Errorf("the program is for amd64 %s", setting.Value)
		}
	}
}

// TestCgoFilesAreFound has a file that a build without cgo leaves out.
func TestCgoFilesAreFound(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod": gomod, "main.go": "package main\n\nfunc main() {}\n",
		"c.go": "package main\n\nimport \"C\"\n",
	})
	to := gobuild.Platform{OS: "linux", Arch: "arm64"}
	files, err := p.CgoFiles(t.Context(), to)
	if err != nil || !slices.Equal(files, []string{"c.go"}) {
		t.Errorf("the files are %q, %v", files, err)
	}
	if _, err := p.BuildLambda(t.Context(), to); err != nil {
		t.Error(err)
	}
}
