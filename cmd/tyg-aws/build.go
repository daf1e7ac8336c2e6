package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/application"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/packages"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/scratch"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A toolchain makes a deployment package.
type toolchain struct {
	compile  func(context.Context, gobuild.Project, gobuild.Platform) (gobuild.Program, error)
	pack     func(program []byte) (*deploy.Bundle, error)
	cgoFiles func(context.Context, gobuild.Project, gobuild.Platform) ([]string, error)
}

// compile compiles a project for Lambda.
func compile(
	ctx context.Context, p gobuild.Project, to gobuild.Platform,
) (gobuild.Program, error) {
	return p.BuildLambda(ctx, to)
}

// cgoFiles lists the files that a build for Lambda leaves out.
func cgoFiles(
	ctx context.Context, p gobuild.Project, to gobuild.Platform,
) ([]string, error) {
	return p.CgoFiles(ctx, to)
}

// application builds the project for Lambda, asks the program for its routes, and returns what
// should be on AWS. It does not call AWS.
func (r *stageCommand) application(
	ctx context.Context, c project.Config,
) (deploy.Application, error) {
	b := &application.Blueprint{
		Config: c, Dir: r.Dir, Stage: r.Stage, Generated: r.generated,
		Canary: r.canary, Commit: commitOf(ctx, r.Dir),
	}
	r.progress("Creating deployment package.")
	program, err := r.build(ctx, b)
	if err != nil {
		return deploy.Application{}, r.explainBuild(cli.Interrupted(ctx, err))
	}
	if b.Bundle, err = r.tools.pack(program); err != nil {
		return deploy.Application{}, err
	}
	app, err := b.Application()
	if err != nil || !r.keepPackage {
		return app, err
	}
	known, err := packages.Of(r.Dir).Keep(b.Bundle, b.At(r.Stage).Architecture)
	if known {
		r.progress("Reusing existing deployment package.")
	}
	return app, err
}

// build returns the program for Lambda, and completes the description of the application.
func (r *stageCommand) build(ctx context.Context, b *application.Blueprint) ([]byte, error) {
	s := b.At(r.Stage)
	project := gobuild.Project{
		Dir: r.Dir, Tags: s.BuildTags, LDFlags: s.LDFlags, Flags: s.GoFlags,
	}
	if err := project.Check(); err != nil {
		return nil, err
	}
	temp, err := scratch.New("", "tyg-deploy-")
	if err != nil {
		return nil, fmt.Errorf("build project: %w", err)
	}
	defer func() { _ = temp.Remove() }() // the next run removes it
	project.Temp = temp.Path
	there := gobuild.Platform{OS: "linux", Arch: goArch(b.At(r.Stage).Architecture)}
	program, err := r.tools.compile(ctx, project, there)
	if err != nil {
		return nil, err
	}
	// A program for this machine prints the routes. It has the build tags of Lambda, because the
	// routes may depend on them.
	here := gobuild.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	asked := program
	if here != there {
		if asked, err = r.tools.compile(ctx, project, here); err != nil {
			return nil, err
		}
	}
	if b.Description, err = ask(ctx, b, asked); err != nil {
		return nil, err
	}
	if b.Description.Pages != nil {
		r.warn([]string{"API Gateway serves no web pages (App.Pages); put them on a web server or in " +
			"an S3 bucket"})
	}
	r.warnCgo(ctx, project, there)
	code, err := os.ReadFile(program.Path)
	b.Use = application.UseOf(code)
	return code, err
}

// warnCgo warns of files that a build for Lambda leaves out.
func (r *stageCommand) warnCgo(ctx context.Context, p gobuild.Project, to gobuild.Platform) {
	files, err := r.tools.cgoFiles(ctx, p, to)
	if err != nil || len(files) == 0 {
		return // the build has gone well without them
	}
	const most = 5
	text := strings.Join(files[:min(most, len(files))], ", ")
	if len(files) > most {
		text += fmt.Sprintf(" and %d more", len(files)-most)
	}
	r.warn([]string{"programs for Lambda are built without cgo, so these files are left out: " + text})
}

// goArch returns Go's name of an architecture of Lambda.
func goArch(architecture string) string {
	if architecture == "x86_64" {
		return "amd64"
	}
	return "arm64"
}

// ask asks a program for its routes, in the directory of the project.
func ask(
	ctx context.Context, b *application.Blueprint, p gobuild.Program,
) (tyg.Description, error) {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return tyg.Description{}, fmt.Errorf("find project: %w", err)
	}
	fn := functions.Function{
		Name: "application", Command: []string{p.Path}, Dir: dir, Env: b.Variables(),
	}
	d, err := backend.Ask(ctx, fn, os.Environ())
	if err == nil && len(d.Routes) == 0 {
		err = errors.New("the application handles no events; add OnConnect, OnMessage, OnDisconnect " +
			"or OnRoute")
	}
	return d, err
}

// explainBuild prints the messages of the compiler.
func (r *stageCommand) explainBuild(err error) error {
	if build, ok := errors.AsType[*gobuild.Error](err); ok {
		fmt.Fprint(r.e.Stderr, visible.Block(build.Output, ""))
	}
	return err
}
