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
		{"GET", "/data", 301, "", ""},
		{"GET", "/sub", 301, "", ""},
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

// A browser that has a file asks whether it has changed, and must get the one of the next build.
func TestSwitchServesTheFilesOfTheLastSet(t *testing.T) {
	var s pages.Switch
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "http://x/", nil)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
			r.Header.Set("If-Modified-Since", "Fri, 30 Nov 1979 00:00:00 GMT")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	if w := ask(""); w.Code != http.StatusForbidden || w.Body.String() != `{"message":"Forbidden"}` {
		t.Errorf("without files: %d %s", w.Code, w.Body)
	}
	s.Set(fstest.MapFS{"index.html": {Data: []byte("one")}})
	tag := ask("").Header().Get("Etag")
	if w := ask(tag); w.Code != http.StatusNotModified {
		t.Errorf("asked again with %s: %d", tag, w.Code)
	}
	s.Set(fstest.MapFS{"index.html": {Data: []byte("two")}})
	if w := ask(tag); w.Code != http.StatusOK || w.Body.String() != "two" {
		t.Errorf("after a change: %d %s", w.Code, w.Body)
	}
	if s.Set(nil); s.Has() {
		t.Error("files are left after Set(nil)")
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

// TestCallsOfAWSAreToldWhatIsHere, which a page never makes.
func TestCallsOfAWSAreToldWhatIsHere(t *testing.T) {
	var none pages.Switch
	for name, h := range map[string]http.Handler{"pages": pages.Handler(sample()), "none": &none} {
		for _, method := range []string{"GET", "POST"} {
			r := httptest.NewRequest(method, "http://x/v2/apis", nil)
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusNotFound || w.Header().Get("X-Amzn-Errortype") != "NotFoundException" {
				t.Errorf("%s: %s is answered with %d, %s", name, method, w.Code, w.Body)
			}
		}
	}
}
