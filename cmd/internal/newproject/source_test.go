package newproject

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
)

func TestSourceIsTheCheckoutThatTheBinaryWasBuiltIn(t *testing.T) {
	dir := buildinfo.Checkout()
	if !buildinfo.IsCheckout(dir) {
		t.Fatalf("Checkout() = %q, which is not the checkout", dir)
	}
	dirty := "v0.1.1-0.20260102030405-abcdefabcdef+dirty"
	for _, version := range []string{buildinfo.Devel, "v0.1.0", dirty} {
		got, err := findSource(t.Context(), "", buildinfo.Version{Version: version}, dir)
		if err != nil || got.dir != dir {
			t.Errorf("source of version %q is %+v, %v; want %s", version, got, err, dir)
		}
	}
}

func TestUnknownSourceIsAnError(t *testing.T) {
	unpushed := "v0.0.0-20260102030405-abcdefabcdef"
	for _, version := range []string{buildinfo.Devel, "v0.1.0+dirty", unpushed} {
		_, err := findSource(t.Context(), "", buildinfo.Version{Version: version}, "")
		if err == nil || !strings.Contains(err.Error(), "--tyg-source DIR or TYG_SOURCE") {
			t.Errorf("error for version %q is %v, want one that names the flag", version, err)
		}
	}
}

// A version that was installed comes from the module cache, and the project gets its checksums.
func TestSourceOfAnInstalledVersion(t *testing.T) {
	cmdtest.ServeModule(t, buildinfo.Module, "v0.1.0",
		map[string]string{"go.mod": "module github.com/tyg-dev/tyg\n"})
	installed := buildinfo.Version{Version: "v0.1.0", Installed: true}
	s, err := findSource(t.Context(), "", installed, buildinfo.Checkout())
	if err != nil {
		t.Fatal(err)
	}
	mod := string(s.goMod([]byte("module demo\n\nrequire github.com/tyg-dev/tyg v0.0.0\n")))
	if want := "module demo\n\nrequire github.com/tyg-dev/tyg v0.1.0\n"; mod != want {
		t.Errorf("go.mod is %q, want %q", mod, want)
	}
	sums := strings.Split(string(s.goSum(nil)), "\n")
	if len(sums) != 3 || !strings.HasPrefix(sums[0], "github.com/tyg-dev/tyg v0.1.0 h1:") ||
		!strings.HasPrefix(sums[1], "github.com/tyg-dev/tyg v0.1.0/go.mod h1:") {
		t.Errorf("go.sum is %q", sums)
	}
}

func TestFailedDownloadOfSourceIsAnError(t *testing.T) {
	cmdtest.ServeModule(t, buildinfo.Module, "v0.1.0",
		map[string]string{"go.mod": "module github.com/tyg-dev/tyg\n"})
	installed := buildinfo.Version{Version: "v0.2.0", Installed: true}
	_, err := findSource(t.Context(), "", installed, buildinfo.Checkout())
	if err == nil || !strings.HasPrefix(err.Error(), "download tyg v0.2.0: ") {
		t.Errorf("error is %v", err)
	}
}

func TestQuoteModPath(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/tyg":    "/home/me/tyg",
		"/home/my me/tyg": `"/home/my me/tyg"`,
		"/home/a(b)/tyg":  `"/home/a(b)/tyg"`,
		`C:\tyg`:          `C:\tyg`,
		`C:\my tyg`:       `"C:\\my tyg"`,
	} {
		if got := quoteModPath(path); got != want {
			t.Errorf("quoteModPath(%q) = %s, want %s", path, got, want)
		}
	}
}

func TestFailedWriteDirLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	// A file cannot be a directory as well.
	files := map[string][]byte{"a": nil, "a/b": nil, "a/b/c": nil}
	if err := writeDir(t.Context(), "demo", files); err == nil {
		t.Error("writeDir of impossible files gave no error")
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("%s is left behind", filepath.Join(dir, left[0].Name()))
	}
}
