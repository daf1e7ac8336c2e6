package certfile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/certfile"
)

// A pair of files is a certificate with a serial number, and its key.
type pair struct{ cert, key []byte }

func newPair(t *testing.T, serial int64) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}
}

// write writes the files into a folder, all with one modification time.
func (p pair) write(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "cert"), p.cert)
	writeFile(t, filepath.Join(dir, "key"), p.key)
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if epoch := time.Unix(1, 0); os.Chtimes(name, epoch, epoch) != nil {
		t.Fatal("cannot set the modification time")
	}
}

// TestReplacedFilesAreLoaded replaces files in the ways that are in use. Their modification times
// are all the same.
func TestReplacedFilesAreLoaded(t *testing.T) {
	first, second := newPair(t, 1), newPair(t, 2)
	tests := map[string]func(t *testing.T, dir string){
		"symbolic link to a folder": func(t *testing.T, dir string) {
			second.write(t, filepath.Join(dir, "v2"))
			relink(t, "v2", filepath.Join(dir, "now"))
		},
		"written in place": func(t *testing.T, dir string) {
			second.write(t, filepath.Join(dir, "v1"))
		},
		"renamed over": func(t *testing.T, dir string) {
			second.write(t, filepath.Join(dir, "v2"))
			for _, name := range []string{"cert", "key"} {
				err := os.Rename(filepath.Join(dir, "v2", name), filepath.Join(dir, "v1", name))
				if err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	for name, replace := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				first.write(t, filepath.Join(dir, "v1"))
				relink(t, "v1", filepath.Join(dir, "now"))
				now := filepath.Join(dir, "now")
				c, err := certfile.Load(filepath.Join(now, "cert"), filepath.Join(now, "key"),
					slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				replace(t, dir)
				wantSerial(t, c, 1) // it was looked at just before
				time.Sleep(time.Second)
				wantSerial(t, c, 2)
			})
		})
	}
}

// relink makes name a symbolic link to another folder, at once.
func relink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name+".new"); err != nil {
		t.Skipf("certificates behind links were not run: %v", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func wantSerial(t *testing.T, c *certfile.Certificate, want int64) {
	t.Helper()
	got, err := c.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := got.Leaf.SerialNumber.Int64(); n != want {
		t.Errorf("the serial number of the certificate is %d, want %d", n, want)
	}
}

// TestLastCertificateStays replaces one file after the other, and removes both: what cannot be
// loaded is logged once, and the last certificate stays.
func TestLastCertificateStays(t *testing.T) {
	first, second := newPair(t, 1), newPair(t, 2)
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first.write(t, dir)
		var log bytes.Buffer
		cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
		c, err := certfile.Load(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		check := func(serial int64, failures int) {
			t.Helper()
			for range 3 {
				time.Sleep(time.Second)
				wantSerial(t, c, serial)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != failures {
				t.Errorf("%d failures are logged, want %d:\n%s", n, failures, log.String())
			}
		}
		writeFile(t, cert, second.cert)
		check(1, 1)
		writeFile(t, key, second.key)
		check(2, 1)
		if err := os.Remove(cert); err != nil {
			t.Fatal(err)
		}
		check(2, 2)
		writeFile(t, cert, second.cert)
		check(2, 2)
	})
}

func TestLoadRefuses(t *testing.T) {
	p, other := newPair(t, 1), newPair(t, 2)
	dir := t.TempDir()
	pair{p.cert, other.key}.write(t, dir)
	log := slog.New(slog.DiscardHandler)
	key := filepath.Join(dir, "key")
	if _, err := certfile.Load(filepath.Join(dir, "cert"), key, log); err == nil {
		t.Error("a key of another certificate is accepted")
	}
	_, err := certfile.Load(filepath.Join(dir, "none"), key, log)
	if !os.IsNotExist(err) {
		t.Errorf("the error of a missing file is %v", err)
	}
}
