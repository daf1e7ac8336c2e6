package local

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/esbuild"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/internal/functions"
)

// A Build makes the program of a function from its source.
type Build struct {
	Go     string // the directory of a package main; empty: it is TypeScript
	Module string // the directory of its module

	// TypeScript: the handler's file, and what its name is for Node.js, without an extension.
	Entry, Name string
	Tool        string // esbuild; empty: it is built first

	Inline string // the code itself; Name is its file

	Zip string // the file that has the code

	Make string // the target of make that builds the function in its directory; Entry is that
}

var mainPackage = regexp.MustCompile(`(?m)^package main\b`)

// hasMain reports whether a directory has a package main.
func hasMain(dir string) bool {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(names, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && !strings.HasSuffix(name, "_test.go") && mainPackage.Match(text)
	})
}

// goPackage returns the directory of the package main of a function, "" if there is none. The code
// of a function of SAM is in its directory; a handler such as bin/hello or build/hello/bootstrap of
// the Serverless Framework is built from one of the usual places.
func goPackage(dir, handler string) string {
	name := filepath.Base(filepath.FromSlash(handler))
	if name == "bootstrap" {
		name = filepath.Base(filepath.Dir(filepath.FromSlash(handler)))
	}
	places := []string{"."}
	if strings.HasPrefix(handler, "./") { // as in a configuration
		places = []string{handler}
	} else if strings.Contains(handler, "/") {
		places = []string{
			name, "cmd/" + name, "src/" + name, "functions/" + name, "lambda/" + name,
			"lambdas/" + name, "handlers/" + name, "internal/" + name, "src/functions/" + name, ".",
		}
	}
	for _, place := range places {
		if at := filepath.Join(dir, filepath.FromSlash(place)); hasMain(at) {
			return at
		}
	}
	return ""
}

// above returns the nearest directory that has a file, dir or one above it; "" if none has.
func above(dir, name string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// setProgram sets how a program that is no script runs: built from source, or as it is.
func setProgram(fn *functions.Function, handler string) (*Build, error) {
	if at := goPackage(fn.Dir, handler); at != "" {
		module := above(at, "go.mod")
		if module == "" {
			return nil, fmt.Errorf("there is no go.mod in %s or above it; run go mod init and go mod tidy",
				at)
		}
		return &Build{Go: at, Module: module}, nil
	}
	program := "bootstrap"
	if strings.HasPrefix(fn.Handler, "bin/") || strings.HasPrefix(fn.Handler, "./") {
		program = fn.Handler
	} else if _, err := os.Stat(filepath.Join(fn.Dir, fn.Handler)); err == nil && fn.Handler != "" {
		program = fn.Handler
	}
	if strings.Contains(handler, "/") && len(fn.Command) == 0 {
		if at := filepath.Join(fn.Dir, filepath.FromSlash(program)); !exists(at) {
			return nil, fmt.Errorf("there is no program %s, and no package main for it near %s; build it, "+
				"as the project's README says", at, fn.Dir)
		}
	}
	fn.Command = []string{"./" + strings.TrimPrefix(program, "./")}
	return nil, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// typeScript returns how a handler of Node.js is built whose source is TypeScript; nil if it is
// JavaScript.
func typeScript(dir, handler string) *Build {
	base := filepath.Base(filepath.FromSlash(handler))
	module, _, _ := strings.Cut(base, ".")
	name := filepath.Join(filepath.Dir(filepath.FromSlash(handler)), module)
	exists := func(ext string) bool {
		_, err := os.Stat(filepath.Join(dir, name+ext))
		return err == nil
	}
	if slices.ContainsFunc([]string{".js", ".mjs", ".cjs"}, exists) {
		return nil
	}
	for _, ext := range []string{".ts", ".mts", ".cts", ".tsx"} {
		if !exists(ext) {
			continue
		}
		return &Build{Entry: filepath.Join(dir, name+ext), Name: name, Tool: esbuild.Find(dir)}
	}
	return nil
}

// build builds what a plan has to be built, and returns the programs by function, and one hash of
// all.
func (s *server) build(ctx context.Context, p Plan) (map[string]gobuild.Program, string, error) {
	built := make(map[string]gobuild.Program)
	hash := ""
	for _, fn := range p.Routes.Functions {
		b, ok := p.Builds[fn.Name]
		if !ok {
			continue
		}
		var err error
		switch {
		case b.Make != "":
			built[fn.Name], err = b.make(ctx, s.project.Temp)
		case b.Zip != "":
			built[fn.Name], err = b.unpack(s.project.Temp)
		case b.Inline != "":
			built[fn.Name], err = b.write(s.project.Temp)
		case b.Go != "":
			built[fn.Name], err = gobuild.Project{Dir: b.Go, Temp: s.project.Temp}.Build(ctx)
			if err == nil {
				err = checkRuntimeAPI(built[fn.Name].Path)
			}
		default:
			if b.Tool, err = s.esbuild(ctx, b); err == nil {
				built[fn.Name], err = b.bundle(ctx, s.project.Temp)
			}
		}
		if err != nil {
			return nil, "", p.place(fmt.Errorf("function %q: %w", fn.Name, err))
		}
		hash += built[fn.Name].Hash
	}
	return built, hash, nil
}

// esbuild returns the esbuild that builds TypeScript.
func (s *server) esbuild(ctx context.Context, b Build) (string, error) {
	if b.Tool != "" {
		return b.Tool, nil
	}
	path, err := esbuild.Build(ctx, s.out.notices())
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s is TypeScript, which esbuild builds; install it: "+
			"npm install --save-dev esbuild\n%w", b.Entry, err)
	}
	return path, err
}

// lambdaGo is AWS's module for functions in Go, and runtimeAPIMinor its first version 1.N that asks
// for events by the Runtime API. Earlier ones wait for calls of the runtime go1.x, which AWS has
// retired, too.
// (https://github.com/aws/aws-lambda-go/releases/tag/v1.18.0)
const (
	lambdaGo        = "github.com/aws/aws-lambda-go"
	runtimeAPIMinor = 18
)

// checkRuntimeAPI reports a program that would wait for ever.
func checkRuntimeAPI(program string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil // starting it says what is wrong
	}
	return checkLambdaGo(info.Deps)
}

func checkLambdaGo(deps []*debug.Module) error {
	for _, m := range deps {
		var minor int
		_, err := fmt.Sscanf(m.Version, "v1.%d.", &minor)
		if m.Path == lambdaGo && m.Replace == nil && err == nil && minor < runtimeAPIMinor {
			return fmt.Errorf("it is built with %s %s, which knows the retired runtime go1.x only; "+
				"run: go get %[1]s@latest", lambdaGo, m.Version)
		}
	}
	return nil
}

// bundle makes one file of JavaScript, in a directory of its own.
func (b Build) bundle(ctx context.Context, temp string) (gobuild.Program, error) {
	dir, err := os.MkdirTemp(temp, "bundle-*")
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("build TypeScript: %w", err)
	}
	out := filepath.Join(dir, b.Name+".js")
	// Modules that Lambda's runtime has are found at run time.
	cmd := exec.CommandContext(ctx, b.Tool, b.Entry, "--bundle", "--platform=node", "--format=cjs",
		"--target=es2022", "--sourcemap=inline", "--log-level=warning", "--outfile="+out,
		"--external:aws-sdk", "--external:@aws-sdk/*")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return gobuild.Program{}, ctx.Err()
	case err != nil && output.Len() > 0:
		return gobuild.Program{}, &gobuild.Error{Output: output.String()}
	case err != nil:
		return gobuild.Program{}, fmt.Errorf("build TypeScript: %w", err)
	}
	text, err := os.ReadFile(out)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("esbuild has written nothing")
	}
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("build TypeScript: %w", err)
	}
	return gobuild.Program{Path: filepath.Join(dir, "x"), Hash: hashOf(text)}, nil
}

// make has a Makefile build a function into a directory of its own, as sam build does with its flag
// --build-in-source.
func (b Build) make(ctx context.Context, temp string) (gobuild.Program, error) {
	dir, err := os.MkdirTemp(temp, "make-*")
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("build with make: %w", err)
	}
	cmd := exec.CommandContext(ctx, "make", b.Make)
	cmd.Dir, cmd.Env = b.Entry, append(os.Environ(), "ARTIFACTS_DIR="+dir)
	output, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return gobuild.Program{}, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return gobuild.Program{}, errors.New("its template builds it with make, which is not installed")
	case err != nil && len(output) > 0:
		return gobuild.Program{}, &gobuild.Error{Output: string(output)}
	case err != nil:
		return gobuild.Program{}, fmt.Errorf("make %s: %w", b.Make, err)
	}
	sum, err := hashTree(dir)
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("make %s: %w", b.Make, err)
	}
	return gobuild.Program{Path: filepath.Join(dir, "x"), Hash: sum}, nil
}

// hashTree returns a hash of all files below a directory and their names.
func hashTree(dir string) (string, error) {
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path) // it is below
		all = fmt.Appendf(all, "%q %s\n", name, hashOf(text))
		return err
	})
	if err == nil && all == nil {
		err = errors.New("it has written nothing into ARTIFACTS_DIR")
	}
	return hashOf(all), err
}

// unpack unpacks a zip, in a directory of its own.
func (b Build) unpack(temp string) (gobuild.Program, error) {
	text, err := os.ReadFile(b.Zip)
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("unpack code: %w", err)
	}
	files, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("unpack %s: %w", b.Zip, err)
	}
	dir, err := os.MkdirTemp(temp, "zip-*")
	if err == nil {
		err = os.CopyFS(dir, files) // it refuses names outside of the directory
	}
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("unpack %s: %w", b.Zip, err)
	}
	return gobuild.Program{Path: filepath.Join(dir, "x"), Hash: hashOf(text)}, nil
}

// isZip reports whether the code of a function is in a file and not in a directory.
func isZip(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(path), ".zip")
}

// write writes code that a template has in itself, in a directory of its own.
func (b Build) write(temp string) (gobuild.Program, error) {
	dir, err := os.MkdirTemp(temp, "inline-*")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, b.Name), []byte(b.Inline), 0o600)
	}
	if err != nil {
		return gobuild.Program{}, fmt.Errorf("write code of the template: %w", err)
	}
	return gobuild.Program{Path: filepath.Join(dir, "x"), Hash: hashOf([]byte(b.Inline))}, nil
}

// built returns a function that runs what was built.
func (b Build) built(fn functions.Function, p gobuild.Program) functions.Function {
	if b.Go != "" {
		fn.Command = []string{p.Path}
		return fn
	}
	if b.Inline != "" || b.Zip != "" {
		fn.Dir = filepath.Dir(p.Path)
		return fn
	}
	source := filepath.Dir(b.Entry)
	if b.Make != "" {
		source = b.Entry
	}
	fn.Env, fn.Dir = withModules(fn.Env, source), filepath.Dir(p.Path)
	return fn
}

// withModules returns the variables of a function that runs outside of its source, with the modules
// of Node.js that are beside the source and above it.
func withModules(vars map[string]string, source string) map[string]string {
	var modules []string
	for dir := source; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		modules = append(modules, filepath.Join(dir, "node_modules"))
	}
	if own := vars["NODE_PATH"]; own != "" {
		modules = append(modules, own)
	}
	env := make(map[string]string)
	for name, value := range vars {
		env[name] = value
	}
	env["NODE_PATH"] = strings.Join(modules, string(filepath.ListSeparator))
	return env
}
