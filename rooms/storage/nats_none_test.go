//go:build !tyg.nats

package storage_test

import (
	"testing"

	"github.com/tyg-dev/tyg/rooms/storage"
)

func TestOpenBuiltWithoutNATS(t *testing.T) {
	environment(t, "TYG_NATS_URL=nats://u:secret@127.0.0.1:1")
	_, err := storage.Open(t.Context())
	const want = "TYG_NATS_URL is set, but this program was built without NATS; " +
		"build it with -tags tyg.nats"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
