//go:build !tyg.lambda

package storage

import (
	"cmp"
	"context"
	"os"
	"path"
	"regexp"
	"runtime/debug"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

func openNATS(ctx context.Context) (Store, error) {
	store, err := natskv.Open(ctx, natskv.Config{
		URL:             os.Getenv(natsVariable),
		CredentialsFile: os.Getenv("TYG_NATS_CREDENTIALS"),
		Insecure:        os.Getenv("TYG_NATS_INSECURE") == "1",
		Bucket:          cmp.Or(os.Getenv("TYG_NATS_BUCKET"), program()),
	})
	if err != nil {
		return nil, err
	}
	return store, nil
}

// program returns the name of the program's package, in the alphabet of buckets, or nothing. Unlike
// the name of the file, it is the same wherever the program was built.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(path.Base(info.Path), "-")
}
