package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// deb writes a Debian package (https://manpages.debian.org/bookworm/dpkg-dev/deb.5.en.html).
func (r *release) deb(t target, programs []file) error {
	data, sums, size, err := r.debData(programs)
	if err != nil {
		return err
	}
	control, err := r.tarGz([]file{
		{"./control", 0o644, []byte(r.control(t, size))}, {"./md5sums", 0o644, []byte(sums)},
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, f := range []file{
		{"debian-binary", 0o644, []byte("2.0\n")},
		{"control.tar.gz", 0o644, control},
		{"data.tar.gz", 0o644, data},
	} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", f.name, r.Time.Unix(), 0, 0,
			0o100000|f.mode, len(f.data))
		b.Write(f.data)
		if len(f.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return os.WriteFile(r.name(t, ".deb"), b.Bytes(), 0o666)
}

// debData returns what is installed, its checksums, and its size in KB.
func (r *release) debData(programs []file) (data []byte, sums string, kb int, err error) {
	files := []file{
		{"./", 0o755, nil}, {"./usr/", 0o755, nil}, {"./usr/bin/", 0o755, nil},
	}
	for _, p := range programs {
		files = append(files, file{"./usr/bin/" + p.name, p.mode, p.data})
	}
	licence, err := os.ReadFile(filepath.Join(r.Dir, "LICENSE"))
	if err != nil {
		return nil, "", 0, err
	}
	files = append(files, file{"./usr/share/", 0o755, nil}, file{"./usr/share/doc/", 0o755, nil},
		file{"./usr/share/doc/tyg/", 0o755, nil},
		file{"./usr/share/doc/tyg/copyright", 0o644, licence})
	var b strings.Builder
	for _, f := range files {
		kb += (len(f.data) + 1023) / 1024
		if f.data != nil {
			fmt.Fprintf(&b, "%x  %s\n", md5.Sum(f.data), strings.TrimPrefix(f.name, "./"))
		}
	}
	data, err = r.tarGz(files)
	return data, b.String(), kb, err
}

// control describes the package. A tilde sorts before the end, so that rc.1 is older than its
// release (https://www.debian.org/doc/debian-policy/ch-controlfields.html#version).
func (r *release) control(t target, kb int) string {
	return fmt.Sprintf(`Package: tyg
Version: %s
Architecture: %s
Maintainer: The tyg authors <tyg@users.noreply.github.com>
Installed-Size: %d
Section: net
Priority: optional
Homepage: https://github.com/tyg-dev/tyg
Description: WebSocket applications in Go
 tyg creates, runs, deploys, tests and talks to WebSocket applications that
 run unchanged on a laptop, on a server and on Amazon API Gateway.
`, strings.Replace(r.number(), "-", "~", 1), t.Arch, kb)
}
