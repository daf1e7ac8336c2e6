package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// newRelease returns the release of a program without dependencies, for this machine's processor.
func newRelease(t *testing.T) *release {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/hello\n\ngo 1.26\n", "LICENSE": "free\n",
		"README.md": "# hello\n",
		"CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- later\n\n## v1.2.3-rc.1 (2026-12-01)\n\n" +
			"- **Hello**: [a page](docs/hello.md), [a site](https://example.com)\n\n## v1.2.2\n\n- old\n",
		"main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return &release{
		Version: "v1.2.3-rc.1", Out: filepath.Join(t.TempDir(), "dist"), Dir: dir,
		Programs: []string{"example.com/hello"}, Targets: []target{{"linux", runtime.GOARCH}},
		Time: sourceTime(func(string) string { return "" }),
	}
}

func read(t *testing.T, r *release, suffix string) []byte {
	t.Helper()
	data, err := os.ReadFile(r.name(r.Targets[0], suffix))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// untar returns the files of a tar by name, and their names in order.
func untar(t *testing.T, data []byte) (files map[string][]byte, names []string) {
	t.Helper()
	files = make(map[string][]byte)
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files, names
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name], names = data, append(names, h.Name)
	}
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRelease(t *testing.T) {
	r := newRelease(t)
	if err := r.make(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("archive", func(t *testing.T) {
		files, names := untar(t, gunzip(t, read(t, r, ".tar.gz")))
		want := []string{"hello", "LICENSE", "README.md"}
		if !slices.Equal(names, want) || len(files["hello"]) < 100_000 {
			t.Errorf("it has %q", names)
		}
	})
	t.Run("deb", func(t *testing.T) { checkDeb(t, r) })
	t.Run("image", func(t *testing.T) { checkImage(t, read(t, r, ".image.tar")) })
	t.Run("bill", func(t *testing.T) {
		var bill struct {
			BOMFormat  string `json:"bomFormat"`
			Components []component
		}
		err := json.Unmarshal(read(t, r, ".cdx.json"), &bill)
		if err != nil || bill.BOMFormat != "CycloneDX" || len(bill.Components) != 1 ||
			bill.Components[0].Version != runtime.Version() {
			t.Errorf("it is %+v, %v", bill, err)
		}
	})
	t.Run("checksums", func(t *testing.T) {
		sums, err := os.ReadFile(filepath.Join(r.Out, "checksums.txt"))
		want := fmt.Sprintf("%x  tyg_1.2.3-rc.1_linux_%s.deb\n", sha256.Sum256(read(t, r, ".deb")),
			runtime.GOARCH)
		lines := strings.Count(string(sums), "\n")
		if err != nil || !strings.Contains(string(sums), want) || lines != 4 {
			t.Errorf("they are\n%s%v", sums, err)
		}
	})
	t.Run("formula", func(t *testing.T) { checkFormula(t, r) })
	t.Run("notes", func(t *testing.T) {
		notes, err := os.ReadFile(filepath.Join(r.Out, "notes.md"))
		const want = "- **Hello**: [a page](https://github.com/tyg-dev/tyg/blob/v1.2.3-rc.1/" +
			"docs/hello.md), [a site](https://example.com)\n"
		if err != nil || !strings.HasPrefix(string(notes), want) ||
			strings.Contains(string(notes), "later") || strings.Contains(string(notes), "old") {
			t.Errorf("they are\n%s%v", notes, err)
		}
	})
	t.Run("again", func(t *testing.T) {
		again := *r
		again.Out = t.TempDir()
		if err := again.make(t.Context()); err != nil {
			t.Fatal(err)
		}
		one, _ := os.ReadFile(filepath.Join(r.Out, "checksums.txt"))
		two, _ := os.ReadFile(filepath.Join(again.Out, "checksums.txt"))
		if !bytes.Equal(one, two) {
			t.Errorf("the same source gave other files:\n%s\n%s", one, two)
		}
	})
}

// checkDeb reads the package by hand, and with dpkg-deb where that is.
func checkDeb(t *testing.T, r *release) {
	t.Helper()
	data := read(t, r, ".deb")
	rest, ok := bytes.CutPrefix(data, []byte("!<arch>\n"))
	parts := make(map[string][]byte)
	for ok && len(rest) > 60 {
		var size int
		if _, err := fmt.Sscan(string(rest[48:58]), &size); err != nil {
			t.Fatal(err)
		}
		parts[strings.TrimSpace(string(rest[:16]))] = rest[60 : 60+size]
		rest = rest[60+size+size%2:]
	}
	control, _ := untar(t, gunzip(t, parts["control.tar.gz"]))
	version, arch := "Version: 1.2.3~rc.1\n", "Architecture: "+runtime.GOARCH+"\n"
	for _, want := range []string{version, arch} {
		if !strings.Contains(string(control["./control"]), want) {
			t.Errorf("the control file lacks %q:\n%s", want, control["./control"])
		}
	}
	installed, _ := untar(t, gunzip(t, parts["data.tar.gz"]))
	if len(installed["./usr/bin/hello"]) == 0 || len(installed["./usr/share/doc/tyg/copyright"]) == 0 {
		t.Error("the programs or the licence are missing")
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		return
	}
	out, err := exec.Command("dpkg-deb", "--info", r.name(r.Targets[0], ".deb")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Package: tyg") {
		t.Errorf("dpkg-deb says %s%v", out, err)
	}
}

// checkImage follows the digests of an image from its index to its layer.
func checkImage(t *testing.T, data []byte) {
	t.Helper()
	files, _ := untar(t, data)
	blob := func(digest string) []byte {
		data := files["blobs/"+strings.Replace(digest, ":", "/", 1)]
		if got := fmt.Sprintf("sha256:%x", sha256.Sum256(data)); got != digest {
			t.Errorf("the blob of %s has the digest %s", digest, got)
		}
		return data
	}
	type link struct{ Digest string }
	var index struct{ Manifests []link }
	var manifest struct {
		Config link
		Layers []link
	}
	var config struct {
		Config struct{ Entrypoint []string }
		Rootfs struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	for _, step := range []struct {
		data func() []byte
		into any
	}{
		{func() []byte { return files["index.json"] }, &index},
		{func() []byte { return blob(index.Manifests[0].Digest) }, &manifest},
		{func() []byte { return blob(manifest.Config.Digest) }, &config},
	} {
		if err := json.Unmarshal(step.data(), step.into); err != nil {
			t.Fatal(err)
		}
	}
	layer := manifest.Layers[0].Digest
	if config.Rootfs.DiffIDs[0] != layer || config.Config.Entrypoint[0] != "/usr/bin/tyg" {
		t.Errorf("the configuration is %+v", config)
	}
	if inside, _ := untar(t, blob(layer)); len(inside["usr/bin/hello"]) == 0 {
		t.Error("the program is missing")
	}
}

// checkFormula compares the formula with the archive, and has Ruby parse it where that is.
func checkFormula(t *testing.T, r *release) {
	t.Helper()
	path := filepath.Join(r.Out, "tyg.rb")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n  version \"1.2.3-rc.1\"\n", "\n  on_linux do\n", "\n    bin.install \"hello\"\n",
		fmt.Sprintf("      url \"https://github.com/tyg-dev/tyg/releases/download/v1.2.3-rc.1/"+
			"tyg_1.2.3-rc.1_linux_%s.tar.gz\"\n      sha256 \"%x\"\n",
			runtime.GOARCH, sha256.Sum256(read(t, r, ".tar.gz"))),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the formula lacks\n%s\nit is\n%s", want, text)
		}
	}
	if _, err := exec.LookPath("ruby"); err != nil {
		return
	}
	if out, err := exec.Command("ruby", "-wc", path).CombinedOutput(); err != nil {
		t.Errorf("ruby says %s%v", out, err)
	}
}

// TestSignatureIsVerifiedBySSH signs as a maintainer, and verifies as a user.
func TestSignatureIsVerifiedBySSH(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("there is no ssh-keygen")
	}
	r := newRelease(t)
	r.Out = t.TempDir()
	r.Key = filepath.Join(t.TempDir(), "key")
	sums := filepath.Join(r.Out, "checksums.txt")
	signers := filepath.Join(t.TempDir(), "allowed_signers")
	command(t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", r.Key)
	public, err := os.ReadFile(r.Key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{sums: "abc  file\n", signers: "tyg " + string(public)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify := func(text string) error {
		args := strings.Fields(strings.NewReplacer("allowed_signers", signers, "checksums.txt.sig",
			sums+".sig").Replace(strings.TrimSuffix(verifyCommand, " < checksums.txt")))
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(text)
		return cmd.Run()
	}
	if err := verify("abc  file\n"); err != nil {
		t.Errorf("the signature is not valid: %v", err)
	}
	if verify("abd  file\n") == nil {
		t.Error("the signature is valid for other checksums")
	}
	r.Key = filepath.Join(t.TempDir(), "none")
	if err := r.sign(t.Context()); err == nil || !strings.Contains(err.Error(), "ssh-agent") {
		t.Errorf("without the key: %v", err)
	}
}

// command runs a program.
func command(t *testing.T, stdin string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", args[0], err, out)
	}
}

func TestArchiveForWindows(t *testing.T) {
	r := newRelease(t)
	windows := target{"windows", "arm64"}
	r.Targets, r.Out = []target{windows}, t.TempDir()
	program := file{windows.exe("tyg"), 0o755, []byte("MZ")}
	if err := r.archive(windows, []file{program}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(r.name(windows, ".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 3 || z.File[0].Name != "tyg.exe" {
		t.Errorf("it has %d files, first %s", len(z.File), z.File[0].Name)
	}
}

func TestReleaseRefuses(t *testing.T) {
	tagged := newRelease(t)
	tagged.Tagged = true
	unversioned := newRelease(t)
	unversioned.Version = "1.2"
	used := newRelease(t)
	used.Out = used.Dir
	unsaid := newRelease(t)
	unsaid.Version = "v1.3.0"
	older := newRelease(t)
	if err := os.Mkdir(filepath.Join(older.Dir, "tygotel"), 0o777); err != nil {
		t.Fatal(err)
	}
	mod := filepath.Join(older.Dir, "tygotel", "go.mod")
	text := []byte("module x\n\nrequire (\n\tgithub.com/tyg-dev/tyg v1.2.2\n)\n")
	if err := os.WriteFile(mod, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]*release{
		"check out the tag v1.2.3-rc.1": tagged, "write it as v0.1.0": unversioned,
		"has files already": used, `no section "## v1.3.0"`: unsaid,
		"go mod edit -require=github.com/tyg-dev/tyg@v1.2.3-rc.1": older,
	} {
		if err := r.make(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
