package hostapi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

func TestSplitPath(t *testing.T) {
	tests := []struct {
		path, stage string
		resource    hostapi.Resource
	}{
		{"/api/@groups", "api", hostapi.Groups},
		{"/api/%40groups", "api", hostapi.Groups},
		{"/a%2Fb/@everyone", "a/b", hostapi.Everyone},
		{"/@values", "", hostapi.Values},
		{"/api/@state", "api", hostapi.State},
		{"/api/@connections", "", ""},
		{"/api/@groups/", "", ""},
		{"/api/@groups/x", "", ""},
		{"//@groups", "", ""},
		{"/api/", "", ""},
		{"@groups", "", ""},
		{"", "", ""},
		{"/%zz/@groups", "", ""},
	}
	for _, tt := range tests {
		stage, r, ok := hostapi.SplitPath(tt.path)
		if stage != tt.stage || r != tt.resource || ok != (tt.resource != "") {
			t.Errorf("%s: %q, %q, %v", tt.path, stage, r, ok)
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	long := strings.Repeat("n", tyg.MaxGroupName+1)
	tests := []struct {
		resource hostapi.Resource
		query    string
		want     error // nil: an *apigw.Denied
	}{
		{hostapi.Groups, "", tyg.ErrInvalidGroup},
		{hostapi.Groups, "name=", tyg.ErrInvalidGroup},
		{hostapi.Groups, "name=%ff", tyg.ErrInvalidGroup},
		{hostapi.Values, "name=" + long, tyg.ErrInvalidGroup},
		{hostapi.Groups, "name=a&name=b", nil},
		{hostapi.Groups, "name=a&nam=b", nil},
		{hostapi.Groups, "name=%zz", nil},
		{hostapi.Groups, "name=a;b", nil},
		{hostapi.Groups, "name=a&limit=-1", nil},
		{hostapi.Groups, "name=a&limit=10001", nil},
		{hostapi.Groups, "name=a&limit=", nil},
		{hostapi.Everyone, "name=a", nil},
		{hostapi.Everyone, "conn=a", nil},
		{hostapi.Values, "name=a&conn=b", nil},
		{hostapi.State, "", nil},
		{hostapi.State, "conn=a&name=b", nil},
	}
	for _, tt := range tests {
		_, err := hostapi.ParseQuery(tt.resource, tt.query)
		if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s?%s: %v, want %v", tt.resource, tt.query, err, tt.want)
		}
		if d, ok := errors.AsType[*apigw.Denied](err); tt.want == nil && (!ok || d.Status != 400) {
			t.Errorf("%s?%s: %v, want status 400", tt.resource, tt.query, err)
		}
	}
}

// FuzzQuery checks that a query that is understood says the same when it is written again.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"name=a", "name=..", "name=%2F", "name=a%252Fb", "name=%00", "name=a+b%2Bc", "name=%F0%9F%AB%96",
		"name=a&conn=R1kmxc2VNjMCFIA%3D", "name=a&limit=0", "name=a&limit=10000&after=x", "conn=x", "",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, r := range []hostapi.Resource{
			hostapi.Groups, hostapi.Everyone, hostapi.Values, hostapi.State,
		} {
			first, err := hostapi.ParseQuery(r, query)
			if err != nil {
				continue
			}
			again, err := hostapi.ParseQuery(r, first.Query())
			if err != nil || again != first {
				t.Errorf("%s?%s is %+v, and written as %q it is %+v, %v",
					r, query, first, first.Query(), again, err)
			}
			if strings.ContainsAny(first.Query(), "+ /\x00") {
				t.Errorf("%s?%s is written as %q", r, query, first.Query())
			}
		}
	})
}
