// Package nats opens the NATS bucket that the environment names.
package nats

import (
	"cmp"
	"context"
	"os"
	"path"
	"regexp"
	"runtime/debug"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

// Open connects to the server that TYG_NATS_URL names. Package storage lists the other variables.
func Open(ctx context.Context) (*natskv.Store, error) {
	return natskv.Open(ctx, natskv.Config{
		URL:             os.Getenv("TYG_NATS_URL"),
		CredentialsFile: os.Getenv("TYG_NATS_CREDENTIALS"),
		Insecure:        os.Getenv("TYG_NATS_INSECURE") == "1",
		Bucket:          cmp.Or(os.Getenv("TYG_NATS_BUCKET"), program()),
	})
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
