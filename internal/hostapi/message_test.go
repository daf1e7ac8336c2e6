package hostapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// FuzzMessage checks that a message that is understood says the same when it is written again, and
// that any other is the caller's fault.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{
		`{"data":"aGk="}`, `{"data":""}`, `{"data":"aGk=","binary":true,"except":["a","b"]}`,
		`{"data":"aGk="}{}`, `{"data":null}`, `{"text":"hi"}`, `[]`, `null`, "", "\xff", `{"data":"*"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := hostapi.ParseMessage(body)
		if err != nil {
			if d, ok := errors.AsType[*apigw.Denied](err); !ok || d.Status != http.StatusBadRequest {
				t.Errorf("%q: %v, want status 400", body, err)
			}
			return
		}
		written, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		again, err := hostapi.ParseMessage(written)
		if err != nil || !reflect.DeepEqual(normal(again), normal(first)) {
			t.Errorf("%q is %+v, and written as %s it is %+v, %v", body, first, written, again, err)
		}
	})
}

// normal has no exceptions where m has an empty list of them.
func normal(m hostapi.Message) hostapi.Message {
	if len(m.Except) == 0 {
		m.Except = nil
	}
	return m
}
