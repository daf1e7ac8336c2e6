package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// notes writes the notes of the release: its section of CHANGELOG.md, whose links lead to the
// repository, and how to check the files.
func (r *release) notes() error {
	text, err := r.changes()
	if err != nil {
		return err
	}
	text += "\n## Check the files\n\n" +
		"    sha256sum -c --ignore-missing checksums.txt\n"
	if r.Key != "" {
		text += "\nThe checksums are signed with an SSH key. [SECURITY.md](" + repository + "/blob/" +
			r.Version + "/SECURITY.md) has the line of the public key, for a file `allowed_signers`:\n\n" +
			"    " + verifyCommand + "\n"
	}
	return os.WriteFile(filepath.Join(r.Out, "notes.md"), []byte(text), 0o666)
}

// changes returns the section of this version in CHANGELOG.md.
func (r *release) changes() (string, error) {
	b, err := os.ReadFile(filepath.Join(r.Dir, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	var section strings.Builder
	inside := false
	for line := range strings.Lines(string(b)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			version, _, _ := strings.Cut(strings.TrimSpace(title), " ") // a date may follow
			inside = version == r.Version
			continue
		}
		if inside {
			section.WriteString(line)
		}
	}
	text := strings.TrimSpace(section.String())
	if text == "" {
		return "", fmt.Errorf("CHANGELOG.md has no section %q, or an empty one; rename \"## Unreleased\"",
			"## "+r.Version)
	}
	text = relativeLink.ReplaceAllString(text, "]("+repository+"/blob/"+r.Version+"/$1)")
	return text + "\n", nil
}

// relativeLink is the target of a link of Markdown to a file of the repository.
var relativeLink = regexp.MustCompile(`\]\(([A-Za-z0-9_.][^):]*)\)`)

// checkModules reports a module of the repository that does not require this very release, which
// users would get with it.
func (r *release) checkModules() error {
	path := filepath.Join(r.Dir, "tygotel", "go.mod")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	want := "\tgithub.com/tyg-dev/tyg " + r.Version + "\n"
	if !strings.Contains(string(b), want) {
		return fmt.Errorf("tygotel/go.mod does not require this version; run "+
			"go mod edit -require=github.com/tyg-dev/tyg@%s tygotel/go.mod", r.Version)
	}
	return nil
}
