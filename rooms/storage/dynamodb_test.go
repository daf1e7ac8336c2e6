//go:build tyg.dynamo || tyg.lambda

package storage_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/rooms/storage"
)

func TestOpenBuiltWithDynamoDB(t *testing.T) {
	environment(t, "TABLE=Chat", "AWS_ENDPOINT_URL="+dynamotest.Start(t, "Chat"))
	store, err := storage.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Add(t.Context(), "a"); err != nil {
		t.Errorf("Add: %v", err)
	}
	if _, err := open(t).Get(t.Context(), "a"); err != nil {
		t.Errorf("the member is not in the table: %v", err)
	}
}
