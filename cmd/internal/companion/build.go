package companion

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/internal/scratch"
)

// noticeAfter is how long a build from a checkout is silent: most of them find nothing to do.
const noticeAfter = time.Second

// fromCheckout builds a companion from the checkout. The go command leaves a program that is up to
// date as it is, which takes less than a second.
func (f *Finder) fromCheckout(ctx context.Context, name string) (string, error) {
	if err := f.checkGo(name); err != nil {
		return "", err
	}
	dir := f.checkoutDir()
	unlock, err := f.lock(ctx, dir, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	// go build compares with the program that is there, and may write it in place; so what is run
	// is another name of that file.
	built := filepath.Join(dir, "build", name+exeSuffix())
	path := filepath.Join(dir, name+exeSuffix())
	if !intact(built) {
		_ = os.Remove(built) // go build looks at the beginning of the file only
	}
	cmd := goCommand(ctx, "build", "-buildvcs=false", "-o", built, "./cmd/"+name)
	cmd.Dir = f.Checkout
	if err := f.run(ctx, cmd, name, "from "+f.Checkout, noticeAfter); err != nil {
		return "", err
	}
	return path, errors.Join(seal(built), publish(built, path))
}

// checkoutDir returns the folder of companions that were built from the checkout.
func (f *Finder) checkoutDir() string {
	sum := sha256.Sum256([]byte(f.Checkout))
	return filepath.Join(f.Cache, "checkout-"+hex.EncodeToString(sum[:8]))
}

// fromVersion returns a companion of the version of tyg from the cache, or builds it.
func (f *Finder) fromVersion(ctx context.Context, name string) (string, error) {
	dir := filepath.Join(f.Cache, f.Version.Version)
	path := filepath.Join(dir, name+exeSuffix())
	if isExecutable(path) && intact(path) {
		return path, nil
	}
	if err := f.checkGo(name); err != nil {
		return "", err
	}
	unlock, err := f.lock(ctx, dir, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isExecutable(path) && intact(path) { // another process has built it meanwhile
		return path, nil
	}
	made, err := scratch.New(dir, "build-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	defer func() { _ = made.Remove() }() // the next build removes it
	temp := made.Path
	cmd := goCommand(ctx, "install", buildinfo.Module+"/cmd/"+name+"@"+f.Version.Version)
	cmd.Dir = temp
	cmd.Env = append(cmd.Environ(), "GOBIN="+temp)
	if err := f.run(ctx, cmd, name, "once for version "+f.Version.Version, 0); err != nil {
		return "", err
	}
	err = publish(filepath.Join(temp, name+exeSuffix()), path)
	return path, errors.Join(err, seal(path))
}

// goCommand returns a go command that builds for this machine, whatever the environment names.
func goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	return cmd
}

// run runs a build. One that takes longer than quiet is reported, with its time.
func (f *Finder) run(
	ctx context.Context, cmd *exec.Cmd, name, what string, quiet time.Duration,
) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	said := make(chan bool, 1)
	notice := time.AfterFunc(quiet, func() {
		fmt.Fprintf(f.Stderr, "tyg: building %s, %s …\n", name, what)
		said <- true
	})
	err := cmd.Run()
	if !notice.Stop() {
		<-said // the notice comes before the result
		if err == nil {
			fmt.Fprintf(f.Stderr, "tyg: built %s in %v\n", name,
				time.Since(start).Round(100*time.Millisecond))
		}
	}
	if err != nil {
		return buildError(ctx, name, out.Bytes(), err)
	}
	return nil
}

// publish gives a program its final name, at once. A process that runs the program before it goes
// on.
func publish(built, path string) error {
	if same(built, path) {
		return nil
	}
	temp := fmt.Sprintf("%s.%d", path, os.Getpid())
	err := os.Link(built, temp)
	if err != nil { // not every file system has links
		err = copyFile(built, temp)
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("keep %s: %w", filepath.Base(path), err)
	}
	return nil
}

// same reports whether two names are of one file, or of a file and its copy.
func same(built, path string) bool {
	a, err := os.Stat(built)
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && (os.SameFile(a, b) ||
		a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()))
}

// copyFile copies a program with its time.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chtimes(to, info.ModTime(), info.ModTime())
	}
	return err
}
