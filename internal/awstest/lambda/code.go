package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// maxUnzipped is how large the files of a deployment package may be, in bytes.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxUnzipped = 250 << 20

// upload makes a checked zip the code of the function.
func (f *function) upload(code []byte, in wire.Params) {
	sum := sha256.Sum256(code)
	f.zip = code
	f.config["CodeSize"] = len(code)
	f.config["CodeSha256"] = base64.StdEncoding.EncodeToString(sum[:])
	if in.Has("Architectures") {
		f.config["Architectures"] = in["Architectures"]
	}
}

// maxDirect is how large a deployment package may be that is not in S3, in bytes.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxDirect = 50 << 20

// zipOf returns the deployment package of an input, which may be in S3.
func (s *State) zipOf(in wire.Params) ([]byte, error) {
	if !in.Has("S3Bucket") {
		zip := in.Blob("ZipFile")
		if len(zip) > maxDirect {
			return nil, wire.Fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException",
				"Request must be smaller than 69905067 bytes for the CreateFunction operation")
		}
		return zip, nil
	}
	zip, ok := s.Object(in.Str("S3Bucket"), in.Str("S3Key"))
	if !ok {
		return nil, badParameter("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error " +
			"Message: The specified key does not exist.")
	}
	return zip, nil
}

// checkZip opens a deployment package. AWS reports a missing program only when the first event
// arrives (Runtime.InvalidEntrypoint); a test gets the error at once.
func checkZip(code []byte, runtime string) error {
	archive, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return badParameter("Could not unzip uploaded file. " +
			"Please check your file, then try to upload again.")
	}
	if len(archive.File) == 0 {
		return badParameter("Uploaded file must be a non-empty zip")
	}
	var size uint64
	for _, file := range archive.File {
		size += file.UncompressedSize64
	}
	if size >= maxUnzipped {
		return badParameter("Unzipped size must be smaller than %d bytes", maxUnzipped)
	}
	if strings.HasPrefix(runtime, "provided") {
		return checkBootstrap(archive)
	}
	return nil
}

// checkBootstrap looks for the program that an OS-only runtime starts, which all users must be able
// to read and run. (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html)
func checkBootstrap(archive *zip.Reader) error {
	for _, file := range archive.File {
		if file.Name != "bootstrap" {
			continue
		}
		if mode := file.Mode(); !mode.IsRegular() || mode.Perm()&0o555 != 0o555 {
			return badParameter("bootstrap in the zip is not an executable file but %s", mode)
		}
		return nil
	}
	return badParameter("there is no bootstrap at the root of the zip")
}
