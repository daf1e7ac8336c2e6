package packages

import (
	"os"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func TestKeepRemovesOldPackages(t *testing.T) {
	dir := t.TempDir()
	var newest *spec.Bundle
	for i := range maxPackages + 2 {
		b, err := spec.NewBundle([]byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		if known, err := Of(dir).Keep(b, "arm64"); known || err != nil {
			t.Errorf("package %d was known: %v, %v", i, known, err)
		}
		newest = b
	}
	files, err := os.ReadDir(string(Of(dir)))
	if err != nil || len(files) != maxPackages {
		t.Errorf("there are %d packages, %v; want %d", len(files), err, maxPackages)
	}
	if known, err := Of(dir).Keep(newest, "arm64"); !known || err != nil {
		t.Errorf("the newest package is known: %v, %v", known, err)
	}
	if known, err := Of(dir).Keep(newest, "x86_64"); known || err != nil {
		t.Errorf("the package is known for the other architecture: %v, %v", known, err)
	}
}
