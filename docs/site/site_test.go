package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuild builds the site of this repository: all links lead somewhere, and every page of docs is
// in it.
func TestBuild(t *testing.T) {
	o := options{root: "../..", out: t.TempDir(), source: "https://example.com/repo"}
	if _, err := build(o); err != nil {
		t.Fatal(err)
	}
	docs := os.DirFS("..")
	err := fs.WalkDir(docs, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "testdata" || d.Name() == "site" {
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if path.Ext(name) == ".md" {
			if _, err := os.Stat(filepath.Join(o.out, pageName("docs/"+name))); err != nil {
				t.Errorf("docs/%s is not in the site; link to it from a page that is", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// minimal is a repository with the fewest pages.
func minimal() map[string]string {
	return map[string]string{
		"README.md": "# Front\n\nSee [docs/a.md](docs/a.md#second-part) and [code](main.go).\n",
		"docs/README.md": "# Contents\n\n## Guides\n\n| | |\n|---|---|\n| [a.md](a.md) | first |\n" +
			"| [b.md](b.md) | second |\n",
		"docs/a.md": "# A page\n\n## Second part\n\n```go in x.go\nvar x = \"1 < 2\"\n```\n\n" +
			"![picture](a.svg)\n\n## Second part\n\n    plain <code>\n",
		"docs/b.md":  "# `B` & co\n\n<img src=\"a.svg\" alt=\"x\">\n\n[back](../README.md)\n",
		"docs/a.svg": "<svg/>",
		"main.go":    "package main",
	}
}

func buildOf(t *testing.T, files map[string]string) (out string, err error) {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out = t.TempDir()
	_, err = build(options{root: root, out: out, source: "https://example.com/repo"})
	return out, err
}

func TestPages(t *testing.T) {
	out, err := buildOf(t, minimal())
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"index.html": {
			`<a href="a.html#second-part">docs/a.md</a>`,
			`<a href="https://example.com/repo/blob/main/main.go">code</a>`,
			`<li><a href="b.html">B &amp; co</a></li>`, `<title>Front · tyg</title>`,
		},
		"contents.html": {`<td><a href="a.html">A page</a></td>`},
		"a.html": {
			`<h2 id="second-part">`, `<h2 id="second-part-1">`, `<img src="a.svg" alt="picture"/>`,
			`<span class="s">&#34;1 &lt; 2&#34;</span>`, `plain &lt;code&gt;`,
			`<a href="a.html" aria-current="page">A page</a>`, `<a rel="next" href="b.html">`,
		},
		"b.html": {`<img src="a.svg" alt="x"/>`, `<a href="index.html">back</a>`},
		"a.svg":  {"<svg/>"},
	} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %s:\n%s", name, want, text)
			}
		}
	}
}

func TestSearchIndex(t *testing.T) {
	out, err := buildOf(t, minimal())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "search-index.js"))
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	list := strings.TrimPrefix(string(text), "globalThis.searchEntries = ")
	if err := json.Unmarshal([]byte(list), &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e == (entry{"a.html#second-part-1", "A page", "Second part", "plain <code>"}) {
			return
		}
	}
	t.Errorf("the second heading of a page is not found by its text: %+v", all)
}

// TestFaults checks that a build fails where a reader would be lost.
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct{ file, add, want string }{
		"no file":        {"docs/a.md", "[x](gone.md)", "a.md: link to gone.md: docs/gone.md is not in"},
		"no anchor":      {"docs/a.md", "[x](b.md#gone)", "b.html has no anchor #gone"},
		"no own anchor":  {"docs/a.md", "[x](#gone)", "a.html has no anchor #gone"},
		"outside":        {"docs/a.md", "[x](../../etc)", "is not in the repository"},
		"picture":        {"README.md", "![x](docs/gone.svg)", "docs/gone.svg is not in the repository"},
		"source":         {"README.md", "[x](gone.go)", "gone.go is not in the repository"},
		"from elsewhere": {"README.md", "![x](https://example.com/x.png)", "from elsewhere"},
		"id twice":       {"README.md", `<p id="front">x</p>`, "two elements have the id front"},
	} {
		t.Run(name, func(t *testing.T) {
			files := minimal()
			files[test.file] += "\n" + test.add + "\n"
			_, err := buildOf(t, files)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

// TestVendored names the version of MiniSearch: npm's minisearch 7.2.0, dist/umd/index.js, without
// the line that names its source map.
func TestVendored(t *testing.T) {
	const want = "4e02b9fa52f244c377d737c7d06cda6bce967d137254e8532d6c79f68469bef3"
	data, err := assets.ReadFile("assets/vendor/minisearch.js")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
		t.Errorf("minisearch.js has the sum %x, want %s", sum, want)
	}
}
