package spec

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// The largest deployment package, in bytes: as a zip, as one that is sent to Lambda directly and
// not from S3, and unpacked.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const (
	maxZip      = 250 << 20 // below that of the program, which is checked first
	MaxDirect   = 50 << 20
	maxUnpacked = 250 << 20
)

// bundleLimits are the largest sizes of a deployment package, in bytes.
type bundleLimits struct{ zip, unpacked int }

// A Bundle is the deployment package of a function. It must not be changed.
type Bundle struct {
	// Zip contains one file, the program, called bootstrap.
	Zip []byte

	// SHA256 is the hash of Zip in base64, as in Lambda's CodeSha256.
	SHA256 string
}

// NewBundle packs a program for Lambda's runtime provided.al2023. The same program always gives the
// same bundle.
func NewBundle(bootstrap []byte) (*Bundle, error) {
	return bundleLimits{zip: maxZip, unpacked: maxUnpacked}.bundle(bootstrap)
}

func (l bundleLimits) bundle(bootstrap []byte) (*Bundle, error) {
	switch {
	case len(bootstrap) == 0:
		return nil, errors.New("pack program: it is empty")
	case len(bootstrap) > l.unpacked:
		return nil, tooLarge("unpacked", len(bootstrap), l.unpacked)
	}
	var packed bytes.Buffer
	if err := pack(&packed, bootstrap); err != nil {
		return nil, fmt.Errorf("pack program: %w", err)
	}
	if packed.Len() > l.zip {
		return nil, tooLarge("as a zip", packed.Len(), l.zip)
	}
	sum := sha256.Sum256(packed.Bytes())
	return &Bundle{
		Zip:    packed.Bytes(),
		SHA256: base64.StdEncoding.EncodeToString(sum[:]),
	}, nil
}

func pack(to io.Writer, bootstrap []byte) error {
	w := zip.NewWriter(to)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.DefaultCompression)
	})
	// 1980 is the earliest time that a zip can have.
	entry := &zip.FileHeader{
		Name: "bootstrap", Method: zip.Deflate,
		Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC),
	}
	entry.SetMode(0o755)
	file, err := w.CreateHeader(entry)
	if err != nil {
		return err
	}
	if _, err := file.Write(bootstrap); err != nil {
		return err
	}
	return w.Close()
}

func tooLarge(how string, size, limit int) error {
	return fmt.Errorf("pack program: it has %.1f MB %s, and Lambda takes %d MB; leave out what is "+
		"embedded in it, or modules that it can do without",
		float64(size)/(1<<20), how, limit>>20)
}
