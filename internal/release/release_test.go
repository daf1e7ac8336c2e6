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
		"main.go":   "package main\n\nfunc main() { println(\"hello\") }\n",
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
	for want, r := range map[string]*release{
		"check out the tag v1.2.3-rc.1": tagged, "write it as v0.1.0": unversioned,
		"has files already": used,
	} {
		if err := r.make(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
