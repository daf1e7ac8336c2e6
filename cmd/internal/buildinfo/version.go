// Package buildinfo says what this program was built from: its version, and the checkout of tyg if
// that still exists.
package buildinfo

import (
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
)

// Devel is the version of a program that was built without one.
const Devel = "devel"

// A Version is what a program was built from.
type Version struct {
	Version  string `json:"version"` // of the module, or Devel
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the checkout had uncommitted changes

	// Installed means that the go command downloaded this version of the module to build it: only
	// then does a program know the checksum of its module.
	Installed bool `json:"-"`
}

// Read returns what this program was built from.
func Read() Version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	v := Version{
		Version: info.Main.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Installed: info.Main.Sum != "",
	}
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = Devel
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// Published reports whether the version can be downloaded: it was, or it is a release. The go
// command gives a build from a checkout the pseudo-version of its commit
// (https://go.dev/ref/mod#pseudo-versions), which may not be on any server.
func (v Version) Published() bool {
	isPseudo := regexp.MustCompile(`[-.]\d{14}-[0-9A-Za-z]+$`).MatchString
	return strings.HasPrefix(v.Version, "v") && !strings.HasSuffix(v.Version, "+dirty") &&
		(v.Installed || !isPseudo(v.Version))
}

// String returns one line, such as "tyg v0.1.0 go1.26.0 linux/amd64".
func (v Version) String() string {
	s := fmt.Sprintf("tyg %s %s %s/%s", v.Version, v.Go, v.OS, v.Arch)
	switch {
	case v.Commit == "":
		return s
	case v.Modified:
		return s + " (commit " + v.Commit + ", modified)"
	}
	return s + " (commit " + v.Commit + ")"
}
