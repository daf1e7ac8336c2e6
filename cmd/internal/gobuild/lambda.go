package gobuild

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Platform is a target of the Go compiler.
type Platform struct{ OS, Arch string }

// BuildLambda compiles the project for AWS Lambda: without cgo, without symbols, without the parts
// of package host that Lambda does not use, for every processor that Lambda has, and reproducibly.
// A build for this machine with the same tags can be asked for its routes here.
//
// Tags and flags of the linker in GOFLAGS count beside those of the project. A flag of go build
// replaces that of GOFLAGS, so the other ones of GOFLAGS are left to go.
func (p Project) BuildLambda(ctx context.Context, to Platform) (Program, error) {
	// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html)
	tags := slices.Concat([]string{"lambda.norpc", "tyg.lambda"}, p.Tags, p.goFlags(ctx, "tags"))
	linker := slices.Concat([]string{"-s", "-w"}, p.goFlags(ctx, "ldflags"))
	if p.LDFlags != "" {
		linker = append(linker, p.LDFlags)
	}
	args := slices.Concat([]string{"-trimpath"}, p.Flags,
		[]string{"-tags", strings.Join(tags, ","), "-ldflags", strings.Join(linker, " ")})
	return p.build(ctx, args, lambdaEnviron(to, "0"))
}

// lambdaEnviron returns the variables of a build. Lambda's processors have no more than the first
// version of amd64 and of arm64 for certain.
// (https://go.dev/wiki/MinimumRequirements)
func lambdaEnviron(to Platform, cgo string) []string {
	return []string{
		"CGO_ENABLED=" + cgo, "GOOS=" + to.OS, "GOARCH=" + to.Arch, "GOAMD64=v1", "GOARM64=v8.0",
	}
}

// CgoFiles returns the files of the project and its modules that import C, relative to the project
// where they are in it. A build for Lambda leaves them out.
func (p Project) CgoFiles(ctx context.Context, to Platform) ([]string, error) {
	const format = `{{if not .Standard}}{{range .CgoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{end}}`
	tags := slices.Concat([]string{"lambda.norpc", "tyg.lambda"}, p.Tags, p.goFlags(ctx, "tags"))
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", strings.Join(tags, ","),
		"-f", format, ".")
	cmd.Dir = p.Dir
	cmd.Env = append(cmd.Environ(), lambdaEnviron(to, "1")...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	var files []string
	for file := range strings.Lines(string(out)) {
		file = filepath.FromSlash(strings.TrimSpace(file))
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
		files = append(files, file)
	}
	return files, nil
}
