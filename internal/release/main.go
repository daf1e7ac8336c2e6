// Command release makes the files of a release: for each system an archive of static programs, a
// Debian package, a software bill of materials, an image, and the checksums of all with their
// signature; a formula for Homebrew, and the notes: the version's section of CHANGELOG.md.
//
//	go run ./internal/release -version v0.1.0 -out dist -sign ~/.ssh/id_ed25519
//
// The files depend on the source, the version and the Go toolchain only: the same commit gives the
// same bytes on another machine.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A release is what to make.
type release struct {
	Version  string // v1.2.3, or v1.2.3-rc.1
	Out      string // directory
	Dir      string // of the module
	Programs []string
	Targets  []target
	Time     time.Time // of the files in archives
	Tagged   bool      // the programs must say that they are of Version
	Key      string    // file of the SSH key that signs; empty: nothing is signed
}

// A target is a system to build for.
type target struct{ OS, Arch string }

func (t target) String() string { return t.OS + "_" + t.Arch }

// exe returns the name of a program's file.
func (t target) exe(program string) string {
	if t.OS == "windows" {
		return program + ".exe"
	}
	return program
}

func targets() []target {
	return []target{
		{"linux", "amd64"},
		{"linux", "arm64"},
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// semver is a version as Go modules have it (https://go.dev/ref/mod#versions).
var semver = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	version := f.String("version", "", "the version, such as v0.1.0")
	out := f.String("out", "dist", "write the files to this directory")
	only := f.String("only", "", "build for one system, such as linux_amd64")
	key := f.String("sign", "", "sign the checksums with the SSH key in this file")
	if err := f.Parse(args); err != nil {
		return err
	}
	r := release{
		Version: *version, Out: *out, Dir: ".", Targets: targets(), Time: sourceTime(os.Getenv),
		Tagged:   true,
		Key:      *key,
		Programs: []string{"./cmd/tyg", "./cmd/tyg-aws", "./cmd/tyg-cluster", "./cmd/tyg-nats"},
	}
	if *only != "" {
		system, arch, _ := strings.Cut(*only, "_")
		r.Targets = []target{{system, arch}}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return r.make(ctx)
}

// sourceTime returns the time of all files: that of SOURCE_DATE_EPOCH, or the beginning of 1980,
// which is the first that ZIP knows (https://reproducible-builds.org/specs/source-date-epoch/).
func sourceTime(getenv func(string) string) time.Time {
	var seconds int64
	if _, err := fmt.Sscan(getenv("SOURCE_DATE_EPOCH"), &seconds); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
}

// make makes all files. The directory must not have files of another release.
func (r *release) make(ctx context.Context) error {
	if !semver.MatchString(r.Version) {
		return fmt.Errorf("version %q: write it as v0.1.0", r.Version)
	}
	if old, _ := filepath.Glob(filepath.Join(r.Out, "*")); len(old) > 0 {
		return fmt.Errorf("%s has files already, such as %s; remove them", r.Out, old[0])
	}
	if _, err := r.changes(); err != nil { // before all that takes long
		return err
	}
	if err := r.checkModules(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.Out, 0o777); err != nil {
		return err
	}
	for _, t := range r.Targets {
		fmt.Println("building", t)
		if err := r.makeTarget(ctx, t); err != nil {
			return fmt.Errorf("%v: %w", t, err)
		}
	}
	if err := r.checksums(); err != nil {
		return err
	}
	if err := r.sign(ctx); err != nil {
		return err
	}
	return errors.Join(r.formula(), r.notes())
}

func (r *release) makeTarget(ctx context.Context, t target) error {
	programs, err := r.build(ctx, t)
	if err != nil {
		return err
	}
	if err := r.archive(t, programs); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if err := r.bill(t, programs); err != nil {
		return fmt.Errorf("bill of materials: %w", err)
	}
	if t.OS != "linux" {
		return nil
	}
	if err := r.deb(t, programs); err != nil {
		return fmt.Errorf("package for Debian: %w", err)
	}
	if err := r.image(t, programs); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	return nil
}

// name returns the name of a file of the release.
func (r *release) name(t target, suffix string) string {
	return filepath.Join(r.Out, "tyg_"+r.number()+"_"+t.String()+suffix)
}

// number returns the version without the v.
func (r *release) number() string { return cmp.Or(strings.TrimPrefix(r.Version, "v"), "0") }
