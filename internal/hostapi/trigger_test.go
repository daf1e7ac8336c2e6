package hostapi_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/hostapi"
)

func TestTriggerEnvelope(t *testing.T) {
	payload := hostapi.AppendTrigger(nil, `a"b`, []byte(`{"name":"other"}`))
	name, event, ok := hostapi.ReadTrigger(payload)
	if name != `a"b` || string(event) != `{"name":"other"}` || !ok {
		t.Errorf("%s is read as %q, %s, %v", payload, name, event, ok)
	}
	for _, other := range []string{
		``, `{}`, `{"tyg":"trigger","name":"a"}`, `{"tyg":"trigger","name":"a","event":`,
		` {"tyg":"trigger","name":"a","event":1}`, `{"Records":[]}`,
	} {
		if name, _, ok := hostapi.ReadTrigger([]byte(other)); ok {
			t.Errorf("%s is read as an event of trigger %q", other, name)
		}
	}
}
