package natskv_test

import (
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

func TestFromEnvironment(t *testing.T) {
	vars := map[string]string{
		"TYG_NATS_URL": "tls://h", "TYG_NATS_CREDENTIALS": "file", "TYG_NATS_INSECURE": "1",
	}
	getenv := func(name string) string { return vars[name] }
	want := natskv.Config{URL: "tls://h", CredentialsFile: "file", Insecure: true}
	for _, tt := range []struct{ variable, store, values string }{
		{"", "natskv-test", "natskv-test-values"}, // the package of this program
		{"chat", "chat", "chat-values"},
	} {
		vars["TYG_NATS_BUCKET"] = tt.variable
		want.Bucket = tt.store
		if got := natskv.FromEnvironment(getenv); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		want.Bucket = tt.values
		if got := natskv.ValuesFromEnvironment(getenv); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
