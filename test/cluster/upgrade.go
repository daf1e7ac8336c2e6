//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// runUpgrade rolls clusters from the nodes of another commit to those of this checkout and back,
// under load. It reports whether a guarantee was broken.
func (o options) runUpgrade(p programs) (broken bool, err error) {
	commit, err := git(p.root, "rev-parse", "--verify", o.upgrade+"^{commit}")
	if err != nil {
		return false, fmt.Errorf("find the commit to upgrade from: %w", err)
	}
	old := filepath.Join(p.dir, "node-old")
	if err := buildCommit(p, commit, old); err != nil {
		return false, err
	}
	fmt.Fprintf(o.out, "rolling from %.12s to this checkout, and back\n", commit)
	steps := []fault{
		{"nodes of " + commit[:12], noneEnds, nothing},
		{"roll to this checkout", allEnd, rollTo(p.node)},
		{"nodes of this checkout", noneEnds, nothing},
		{"roll back", allEnd, rollTo(old)},
	}
	now := p.node
	p.node = old
	r, err := o.runFleets(p, []plan{
		{"upgrade", bestEffort, steps}, {"upgrade-ledger", atLeastOnce, steps},
	})
	if r == nil {
		return false, err
	}
	if same, e := sameFile(old, now); e == nil && same {
		fmt.Fprintln(o.out, "both programs are the same: nothing in them has changed")
	}
	return r.broken(), errors.Join(r.print(o), err)
}

// git returns what a command of git prints.
func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

// buildCommit builds the node of another commit: today's application in that commit's module, or
// where it does not compile there, that commit's own.
func buildCommit(p programs, commit, out string) error {
	tree := filepath.Join(p.dir, "tree")
	archive := filepath.Join(p.dir, "tree.tar")
	if err := os.Mkdir(tree, 0o700); err != nil {
		return err
	}
	if _, err := git(p.root, "archive", "--format=tar", "-o", archive, commit); err != nil {
		return err
	}
	if text, err := exec.Command("tar", "-xf", archive, "-C", tree).CombinedOutput(); err != nil {
		return fmt.Errorf("unpack the commit: %w\n%s", err, text)
	}
	own := goBuild(tree, out, nodeFolder)
	for _, folder := range []string{"node", "record"} {
		to := filepath.Join(tree, "test", "cluster", folder)
		if err := errors.Join(
			os.RemoveAll(to), os.CopyFS(to, os.DirFS(filepath.Join(p.root, "test", "cluster", folder))),
		); err != nil {
			return err
		}
	}
	if err := goBuild(tree, out, nodeFolder); err != nil && own != nil {
		return fmt.Errorf("neither this node nor its own builds in that commit: %w", err)
	}
	return nil
}

func sameFile(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return string(x) == string(y), err
}

// rollTo replaces the nodes by those of another program, one after the other. After each, all
// nodes must reach each other.
func rollTo(program string) func(f *fleet) ([]*member, error) {
	return func(f *fleet) ([]*member, error) {
		for i := range nodeCount {
			if err := f.drain(i); err != nil {
				return nil, err
			}
			f.mu.Lock()
			f.program = program
			f.mu.Unlock()
			if err := f.startNode(i); err != nil {
				return nil, err
			}
			if err := errors.Join(f.balance(), f.heal()); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}
