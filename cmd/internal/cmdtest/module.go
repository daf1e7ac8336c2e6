package cmdtest

import (
	"archive/zip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// ServeModule makes the go command find one version of a module, such as that of tyg, with these
// files, in an empty module cache of this test.
func ServeModule(t *testing.T, module, version string, files map[string]string) {
	t.Helper()
	proxy := t.TempDir()
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": version + "\n", version + ".info": `{"Version": "` + version + `"}`,
		version + ".mod": files["go.mod"],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	zipModule(t, filepath.Join(dir, version+".zip"), module+"@"+version+"/", files)
	cache := t.TempDir()
	t.Cleanup(func() { makeWritable(cache) })
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOPRIVATE", "")
	t.Setenv("GONOPROXY", "none")
}

func zipModule(t *testing.T, file, prefix string, files map[string]string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for name, text := range files {
		entry, err := w.Create(prefix + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// makeWritable lets the directory of a module cache be removed.
func makeWritable(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o777)
		}
		return nil
	})
}
