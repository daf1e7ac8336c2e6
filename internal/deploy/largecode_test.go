package deploy_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// largeBundle is a package that Lambda does not take directly.
func largeBundle(t *testing.T, fill byte) *deploy.Bundle {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	entry := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
	entry.SetMode(0o755)
	file, err := w.CreateHeader(entry)
	must(t, err)
	_, err = file.Write(bytes.Repeat([]byte{fill}, spec.MaxDirect+1))
	must(t, err)
	must(t, w.Close())
	sum := sha256.Sum256(packed.Bytes())
	return &deploy.Bundle{
		Zip: packed.Bytes(), SHA256: base64.StdEncoding.EncodeToString(sum[:]),
	}
}

// TestLargePackagesGoThroughS3 deploys and changes one. Without a bucket the plan says what to do.
func TestLargePackagesGoThroughS3(t *testing.T) {
	r := newRig(t)
	r.aws.AddBucket("code", awstest.Region)
	app := echo(t)
	app.Functions[0].Bundle = largeBundle(t, 'a')
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "name a bucket with code_url") {
		t.Errorf("without a bucket: %v", err)
	}
	app.CodeURL = "s3://code/of/teams"
	for _, fill := range []byte("ab") {
		app.Functions[0].Bundle = largeBundle(t, fill)
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		r.live(t, app)
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}
