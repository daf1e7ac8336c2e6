package spec_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func TestBundleIsOneProgram(t *testing.T) {
	code := strings.Repeat("program ", 1000)
	b := bundle(t, code)
	archive, err := zip.NewReader(bytes.NewReader(b.Zip), int64(len(b.Zip)))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 {
		t.Fatalf("there are %d files, want 1", len(archive.File))
	}
	entry := archive.File[0]
	if entry.Name != "bootstrap" || entry.Mode() != 0o755 || entry.Modified.UTC().Year() != 1980 {
		t.Errorf("the entry is %s %v %v", entry.Name, entry.Mode(), entry.Modified)
	}
	file, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(file); string(got) != code || err != nil {
		t.Errorf("%d bytes came out, want %d; %v", len(got), len(code), err)
	}
	if len(b.Zip) > len(code)/10 {
		t.Errorf("the zip has %d bytes, and should be packed", len(b.Zip))
	}
	sum := sha256.Sum256(b.Zip)
	if want := base64.StdEncoding.EncodeToString(sum[:]); b.SHA256 != want {
		t.Errorf("SHA256 is %s, want %s", b.SHA256, want)
	}
}

func TestBundleIsReproducible(t *testing.T) {
	a := bundle(t, "one program")
	b, err := spec.NewBundle([]byte("one program"))
	if err != nil {
		t.Fatal(err)
	}
	if a.SHA256 != b.SHA256 || !bytes.Equal(a.Zip, b.Zip) {
		t.Error("the same program gave two bundles")
	}
	if other := bundle(t, "another program"); other.SHA256 == a.SHA256 {
		t.Error("two programs gave one bundle")
	}
}

// TestBundleLimits has limits of 2 and 5 MB: packing 50 MB takes seconds.
func TestBundleLimits(t *testing.T) {
	if spec.MaxDirect != 50<<20 || spec.MaxZip != 250<<20 || spec.MaxUnpacked != 250<<20 {
		t.Errorf("the limits are %d, %d and %d bytes, want those of Lambda",
			spec.MaxDirect, spec.MaxZip, spec.MaxUnpacked)
	}
	noise := make([]byte, 3<<20)
	random := rand.NewChaCha8([32]byte{})
	if _, err := random.Read(noise); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		program []byte
		want    string
	}{
		{"nothing", nil, "pack program: it is empty"},
		{"too large to upload", noise, "MB as a zip, and Lambda takes 2 MB"},
		{"too large to unpack", make([]byte, 6<<20), "6.0 MB unpacked, and Lambda takes 5 MB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := spec.NewBundleWithin(test.program, 2<<20, 5<<20)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}

func bundle(t *testing.T, code string) *spec.Bundle {
	t.Helper()
	b, err := spec.NewBundle([]byte(code))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
