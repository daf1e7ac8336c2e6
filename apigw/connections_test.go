package apigw_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func TestSplitConnectionsPath(t *testing.T) {
	const id = "R1kmxc2VNjMCFIA="
	tests := []struct {
		path, stage string
		id          tyg.ConnID
		ok          bool
	}{
		{"/api/@connections/R1kmxc2VNjMCFIA=", "api", id, true},
		{"/api/%40connections/R1kmxc2VNjMCFIA%3D", "api", id, true},
		{"/api/@connections/R1kmxc2VNjMCFIA%3d", "api", id, true},
		{"/@connections/R1kmxc2VNjMCFIA=", "", id, true},
		{"/%40connections/R1kmxc2VNjMCFIA%3D", "", id, true},
		{"/a%20b/@connections/x", "a b", "x", true},
		{"/api/@connections/a%2Fb", "api", "a/b", true},
		{"/@connections/@connections/x", "@connections", "x", true},
		{"", "", "", false},
		{"/", "", "", false},
		{"/api", "", "", false},
		{"/api/@connections", "", "", false},
		{"/api/@connections/", "", "", false},
		{"/@connections/", "", "", false},
		{"//@connections/x", "", "", false},
		{"/api/@connections/x/y", "", "", false},
		{"/a/b/@connections/x", "", "", false},
		{"/api/connections/x", "", "", false},
		{"/api/@Connections/x", "", "", false},
		{"api/@connections/x", "", "", false},
		{"@connections/x", "", "", false},
		{"x/@connections/y", "", "", false},
		{"/api/@connections/%zz", "", "", false},
		{"/%zz/@connections/x", "", "", false},
		{"/api/%4connections/x", "", "", false},
	}
	for _, tt := range tests {
		stage, id, ok := apigw.SplitConnectionsPath(tt.path)
		if stage != tt.stage || id != tt.id || ok != tt.ok {
			t.Errorf("%q: got %q, %q, %t; want %q, %q, %t", tt.path, stage, id, ok,
				tt.stage, tt.id, tt.ok)
		}
	}
}

func TestConnectionsPath(t *testing.T) {
	tests := []struct {
		stage string
		id    tyg.ConnID
		want  string
	}{
		{"api", "R1kmxc2VNjMCFIA=", "/api/%40connections/R1kmxc2VNjMCFIA%3D"},
		{"", "R1kmxc2VNjMCFIA=", "/%40connections/R1kmxc2VNjMCFIA%3D"},
		{"api", "a/b c+?", "/api/%40connections/a%2Fb%20c%2B%3F"},
	}
	for _, tt := range tests {
		if got := apigw.ConnectionsPath(tt.stage, tt.id); got != tt.want {
			t.Errorf("%q, %q: got %s, want %s", tt.stage, tt.id, got, tt.want)
		}
	}
}

func FuzzSplitConnectionsPath(f *testing.F) {
	f.Add("/api/%40connections/R1kmxc2VNjMCFIA%3D")
	f.Add("/@connections/R1kmxc2VNjMCFIA=")
	f.Add("//@connections/%")
	f.Fuzz(func(t *testing.T, path string) {
		stage, id, ok := apigw.SplitConnectionsPath(path)
		if !ok {
			if stage != "" || id != "" {
				t.Errorf("not a path, but %q and %q", stage, id)
			}
			return
		}
		again := apigw.ConnectionsPath(stage, id)
		if _, err := url.ParseRequestURI(again); err != nil {
			t.Errorf("path %q of %q and %q: %v", again, stage, id, err)
		}
		stage2, id2, ok := apigw.SplitConnectionsPath(again)
		if stage2 != stage || id2 != id || !ok {
			t.Errorf("%q: got %q, %q, %t; want %q, %q", again, stage2, id2, ok, stage, id)
		}
	})
}

func TestValidID(t *testing.T) {
	tests := []struct {
		id   tyg.ConnID
		want bool
	}{
		{"R1kmxc2VNjMCFIA=", true},
		{"JC1dgf9yoAMCK-g=", true},
		{"_______________=", true},
		{"", false},
		{"R1kmxc2VNjMCFIA", false},
		{"R1kmxc2VNjMCFI=", false},
		{"R1kmxc2VNjMCFIAA=", false},
		{"R1kmxc2VNjMCFIAA", false},
		{"R1kmxc2VNjMCFI==", false},
		{"R1kmxc2VNjMCFI+=", false},
		{"R1kmxc2VNjMCFI/=", false},
		{"R1kmxc2VNjMCFé=", false},
		{"0a1b2c3d-4e5f-6789-abcd-ef0123456789", false},
	}
	for _, tt := range tests {
		if got := apigw.ValidID(tt.id); got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.id, got, tt.want)
		}
	}
}

func TestWriteInfo(t *testing.T) {
	zone := time.FixedZone("CEST", 2*60*60)
	info := tyg.Info{
		ConnectedAt:  time.Date(2020, 4, 30, 22, 10, 33, 236_000_000, zone),
		LastActiveAt: time.Date(2020, 4, 30, 22, 11, 0, 0, zone),
		SourceIP:     "192.0.2.1",
		UserAgent:    `quo"te`,
	}
	w := httptest.NewRecorder()
	apigw.WriteInfo(w, info)
	want := `{"connectedAt":"2020-04-30T20:10:33.236Z",` +
		`"identity":{"sourceIp":"192.0.2.1","userAgent":"quo\"te"},` +
		`"lastActiveAt":"2020-04-30T20:11:00.000Z"}`
	if w.Code != http.StatusOK || w.Body.String() != want {
		t.Errorf("got %d %s\nwant 200 %s", w.Code, w.Body, want)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}

	got, err := apigw.ReadInfo(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	info.ConnectedAt, info.LastActiveAt = info.ConnectedAt.UTC(), info.LastActiveAt.UTC()
	if got != info {
		t.Errorf("read %+v, want %+v", got, info)
	}
}

func TestReadInfoRefuses(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `{}`, `{"connectedAt":"2020-04-30T20:10:33.236Z"}`, `{"connectedAt":"yesterday"}`,
	} {
		if i, err := apigw.ReadInfo([]byte(body)); err == nil {
			t.Errorf("%q: got %+v, want an error", body, i)
		}
	}
}
