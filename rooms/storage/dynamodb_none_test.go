//go:build !(tyg.dynamo || tyg.lambda)

package storage_test

import (
	"testing"

	"github.com/tyg-dev/tyg/rooms/storage"
)

func TestOpenBuiltWithoutDynamoDB(t *testing.T) {
	environment(t, "TABLE=Chat", "TYG_NATS_URL=nats://127.0.0.1:1")
	_, err := storage.Open(t.Context())
	const want = "TABLE is set, but this program was built without DynamoDB; " +
		"build it with -tags tyg.dynamo"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
