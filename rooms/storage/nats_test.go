//go:build tyg.nats

package storage_test

import (
	"testing"

	"github.com/tyg-dev/tyg/rooms/storage"
)

func TestOpenBuiltWithNATS(t *testing.T) {
	environment(t, "TYG_NATS_URL="+startNATS(t))
	store, err := storage.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Add(t.Context(), "a"); err != nil {
		t.Errorf("Add: %v", err)
	}
	if _, err := open(t).Get(t.Context(), "a"); err != nil {
		t.Errorf("the member is not in the bucket: %v", err)
	}
}
