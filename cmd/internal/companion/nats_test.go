package companion

import (
	"strings"
	"testing"
)

func TestCheckNATS(t *testing.T) {
	for address, ok := range map[string]bool{
		"nats://tyg:secret@127.0.0.1:4222": true, "nats://tyg:secret@[::1]:4222": true,
		"": false, "hello": false, "nats://127.0.0.1:4222": false, "nats://tyg:secret@127.0.0.1": false,
		"nats://tyg:secret@example.com:4222": false, "http://tyg:secret@127.0.0.1:4222": false,
	} {
		err := CheckNATS(address)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
