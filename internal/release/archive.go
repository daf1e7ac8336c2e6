package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
)

// archive writes the programs, the licence and the README: as ZIP for Windows, else as tar.gz.
func (r *release) archive(t target, programs []file) error {
	files := programs
	for _, name := range []string{"LICENSE", "README.md"} {
		data, err := os.ReadFile(filepath.Join(r.Dir, name))
		if err != nil {
			return err
		}
		files = append(files, file{name, 0o644, data})
	}
	if t.OS == "windows" {
		data, err := r.zip(files)
		if err != nil {
			return err
		}
		return os.WriteFile(r.name(t, ".zip"), data, 0o666)
	}
	data, err := r.tarGz(files)
	if err != nil {
		return err
	}
	return os.WriteFile(r.name(t, ".tar.gz"), data, 0o666)
}

func (r *release) zip(files []file) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: r.Time}
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// tarGz returns a compressed tar. The gzip header has no time.
func (r *release) tarGz(files []file) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	data, err := r.tar(files)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// tar returns files, all of root. A name that ends with a slash is a directory.
func (r *release) tar(files []file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{
			Name: f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: r.Time,
			Typeflag: tar.TypeReg, Uname: "root", Gname: "root", Format: tar.FormatGNU,
		}
		if f.name[len(f.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
