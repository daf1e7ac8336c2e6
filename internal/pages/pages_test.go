package pages_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/tyg-dev/tyg/internal/pages"
)

func sample() fstest.MapFS {
	return fstest.MapFS{
		"index.html":      {Data: []byte("<h1>start</h1>")},
		"style.css":       {Data: []byte("h1 {}")},
		"sub/index.html":  {Data: []byte("<h1>sub</h1>")},
		"data/secret.txt": {Data: []byte("text")},
	}
}

func TestHandlerServesFilesAndNoLists(t *testing.T) {
	var packed bytes.Buffer
	if err := pages.Write(&packed, sample()); err != nil {
		t.Fatal(err)
	}
	unpacked, err := pages.Read(packed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		method, path string
		status       int
		kind, body   string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "<h1>start</h1>"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"GET", "/style.css", 200, "text/css; charset=utf-8", "h1 {}"},
		{"GET", "/sub/", 200, "text/html; charset=utf-8", "<h1>sub</h1>"},
		{"GET", "/data/secret.txt", 200, "text/plain; charset=utf-8", "text"},
		{"GET", "/data/", 404, "", ""},
		{"GET", "/data", 404, "", ""},
		{"GET", "/nothing", 404, "", ""},
		{"GET", "/../pages.go", 404, "", ""},
		{"POST", "/", 405, "", ""},
	}
	for name, files := range map[string]fs.FS{"files": sample(), "packed": unpacked} {
		h := pages.Handler(files)
		for _, tt := range tests {
			r := httptest.NewRequest(tt.method, "http://x"+tt.path, nil)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("%s: %s %s: status %d, want %d", name, tt.method, tt.path, w.Code, tt.status)
			}
			if tt.status != http.StatusOK {
				continue
			}
			if w.Header().Get("Content-Type") != tt.kind || w.Body.String() != tt.body {
				t.Errorf("%s: %s %s: %s %q", name, tt.method, tt.path,
					w.Header().Get("Content-Type"), w.Body)
			}
		}
	}
}

func TestTooManyPagesAreRefused(t *testing.T) {
	data := make([]byte, pages.MaxSize/2+1)
	rand.Read(data)
	files := fstest.MapFS{"a": {Data: data}, "b": {Data: data}}
	if err := pages.Write(new(bytes.Buffer), files); !errors.Is(err, pages.ErrTooLarge) {
		t.Errorf("Write returned %v", err)
	}
	if _, err := pages.Read([]byte("no archive")); err == nil {
		t.Error("Read of nonsense returned no error")
	}
}

func FuzzRead(f *testing.F) {
	var packed bytes.Buffer
	if err := pages.Write(&packed, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(packed.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := pages.Read(data)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		pages.Handler(files).ServeHTTP(w, httptest.NewRequest("GET", "/index.html", nil))
	})
}
