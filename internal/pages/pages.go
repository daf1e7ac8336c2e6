// Package pages serves the files of an application's web pages, and carries them from one process
// to another.
package pages

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Handler serves files: "/" and other directories as their index.html, and no lists of files.
// Browsers ask again each time whether a file has changed.
func Handler(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pages are read with GET", http.StatusMethodNotAllowed)
			return
		}
		if hidden(files, r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		server.ServeHTTP(w, r)
	})
}

// hidden reports whether a path is a directory that has no index.html.
func hidden(files fs.FS, p string) bool {
	name := strings.Trim(path.Clean("/"+p), "/")
	if name == "" {
		name = "."
	}
	info, err := fs.Stat(files, name)
	if err != nil || !info.IsDir() {
		return false // the file server answers what does not exist
	}
	_, err = fs.Stat(files, path.Join(name, "index.html"))
	return err != nil
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
	dst, err := z.Create(name)
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
