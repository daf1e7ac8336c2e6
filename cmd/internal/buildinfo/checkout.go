package buildinfo

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Module is the module path of tyg.
const Module = "github.com/tyg-dev/tyg"

// Checkout returns the directory of the checkout in which this program was compiled, or "" if there
// is none: it was compiled with -trimpath, in the module cache, or the directory has gone.
func Checkout() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	dir := filepath.FromSlash(file)
	for range len(strings.Split("cmd/internal/buildinfo/checkout.go", "/")) {
		dir = filepath.Dir(dir)
	}
	if strings.HasPrefix(filepath.Base(dir), "tyg@v") || !IsCheckout(dir) {
		return ""
	}
	return dir
}

// IsCheckout reports whether dir is the root of the module tyg.
func IsCheckout(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modulePath(data) == Module
}

// modulePath returns the module path in the text of a go.mod, or "".
func modulePath(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "module" {
			return strings.Trim(f[1], "\"`")
		}
	}
	return ""
}
