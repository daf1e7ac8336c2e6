// Package pages serves the files of an application's web pages, and carries them from one process
// to another.
package pages

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/home"
	"github.com/tyg-dev/tyg/internal/otherapi"
)

// Handler serves files: "/" and other directories as their index.html, and no lists of files.
// Browsers ask again each time whether a file has changed; its ETag is a hash of what is in it.
func Handler(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if otherapi.Refuse(w, r) {
				return
			}
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pages are read with GET", http.StatusMethodNotAllowed)
			return
		}
		name := strings.Trim(path.Clean("/"+r.URL.Path), "/")
		if isDir(files, name) && !strings.HasSuffix(r.URL.Path, "/") {
			// Relative, so that it is right where the path has a prefix that was removed.
			w.Header().Set("Location", path.Base(name)+"/")
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		if name == "" || strings.HasSuffix(r.URL.Path, "/") {
			name = path.Join(name, "index.html")
		}
		serveFile(w, r, files, name)
	})
}

func isDir(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.IsDir()
}

func serveFile(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		if !otherapi.Refuse(w, r) {
			http.NotFound(w, r)
		}
		return
	}
	sum := sha256.Sum256(data)
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", `"`+hex.EncodeToString(sum[:12])+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	// Without a time: that of a file in a program or in an archive says nothing.
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

// A Switch serves the files of the last Set. Until there are any, Home gets the GET of "/" by a
// browser, unless it is nil, and the Switch answers the rest as API Gateway does where it has
// nothing.
type Switch struct {
	Home    http.Handler
	current atomic.Pointer[http.Handler]
}

// Set replaces the files. Nil means none.
func (s *Switch) Set(files fs.FS) {
	if files == nil {
		s.current.Store(nil)
		return
	}
	h := Handler(files)
	s.current.Store(&h)
}

// Has reports whether there are files.
func (s *Switch) Has() bool { return s.current.Load() != nil }

// ServeHTTP serves a file.
func (s *Switch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := s.current.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	if s.Home != nil && home.Wants(r) {
		s.Home.ServeHTTP(w, r)
		return
	}
	if otherapi.Refuse(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, `{"message":"Forbidden"}`) // a client that has gone needs no answer
}

// MaxSize is the most bytes that Write takes: pages are for people who try an application, and not
// for its film library.
const MaxSize = 32 << 20

// ErrTooLarge means that there are more than MaxSize bytes of pages.
var ErrTooLarge = fmt.Errorf("the pages have more than %d MB", MaxSize>>20)

// Write writes the files as a ZIP archive.
func Write(w io.Writer, files fs.FS) error {
	z := zip.NewWriter(w)
	left := int64(MaxSize)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return writeFile(z, files, name, &left)
	})
	if err != nil {
		return fmt.Errorf("pack pages: %w", err)
	}
	return z.Close()
}

func writeFile(z *zip.Writer, files fs.FS, name string, left *int64) error {
	src, err := files.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	// Stored: it goes to another process of this machine, which would inflate it at once.
	dst, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	n, err := io.Copy(dst, io.LimitReader(src, *left+1))
	if *left -= n; *left < 0 {
		return ErrTooLarge
	}
	return err
}

// Read returns the files that Write has written.
func Read(data []byte) (fs.FS, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("unpack pages: %w", err)
	}
	var size uint64
	for _, f := range z.File {
		if size += f.UncompressedSize64; size > MaxSize {
			return nil, fmt.Errorf("unpack pages: %w", ErrTooLarge)
		}
	}
	return z, nil
}
