package main

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// gitPatience is how long Git may take. Without its answer, a release has no commit.
const gitPatience = 10 * time.Second

// commitOf returns the commit of the project in a directory, for the description of a release: the
// first 12 digits, and +changes if it has changes that are not committed. It is empty if Git is not
// there or does not know the directory.
func commitOf(ctx context.Context, dir string) string {
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil || !regexp.MustCompile(`^[0-9a-f]{12,64}$`).MatchString(commit) {
		return ""
	}
	// The state and the package of the project change with each deploy.
	changes, err := git("status", "--porcelain", "--untracked-files=no", "--", ".",
		":(exclude).tyg/deployed", ":(exclude).tyg/deployments")
	if err != nil || changes != "" {
		return commit + "+changes"
	}
	return commit
}
