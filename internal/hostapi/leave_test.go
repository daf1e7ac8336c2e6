package hostapi_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

func TestLeaveComesBack(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000).UTC()
	want := tyg.Event{
		Type: tyg.EventLeave, Route: tyg.RouteLeave, RequestID: "R1kmxc2VNjMCFIA=", Time: at,
		Conn: &tyg.Conn{
			ID: "R1kmxc2VNjMCFIA=", ConnectedAt: at, SourceIP: "192.0.2.1", UserAgent: "x",
			Domain: "localhost", Stage: "api", APIID: "local",
			Identity: tyg.Identity{Principal: "john"},
		},
		Membership: &tyg.Membership{Group: "a\x00\"/", Member: tyg.Member{
			ID: "R1kmxc2VNjMCFIA=", Info: []byte(`"John"`), JoinedAt: at.Add(time.Nanosecond),
		}},
	}
	payload, err := hostapi.AppendLeave(nil, want)
	if err != nil || !hostapi.IsLeave(payload) {
		t.Fatalf("%s, %v", payload, err)
	}
	got, raw, err := hostapi.ReadLeave(payload)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := apigw.UnmarshalEvent(raw, nil); err != nil || e.Type != tyg.EventDisconnect {
		t.Errorf("the event is %s, %v", raw, err)
	}
	if !reflect.DeepEqual(got.Membership, want.Membership) || got.Conn.Identity.Principal != "john" ||
		got.Conn.SourceIP != want.Conn.SourceIP || got.RequestID != want.RequestID ||
		got.Type != want.Type || got.Route != want.Route || !got.Time.Equal(want.Time) {
		t.Errorf("got %+v of %+v, want %+v", got, got.Conn, want)
	}
	for _, bad := range []string{
		`{"tyg":"leave","membership":`, `{"tyg":"leave","membership":{},"event":{}}`,
	} {
		if _, _, err := hostapi.ReadLeave([]byte(bad)); err == nil {
			t.Errorf("%s is understood", bad)
		}
	}
	want.Membership = nil
	if _, err := hostapi.AppendLeave(nil, want); err == nil {
		t.Error("an event without a membership is encoded")
	}
}
