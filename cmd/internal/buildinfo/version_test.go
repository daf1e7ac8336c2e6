package buildinfo_test

import (
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
)

func TestPublished(t *testing.T) {
	for _, test := range []struct {
		version   string
		installed bool
		want      bool
	}{
		{"v0.1.0", false, true},
		{"v0.1.0", true, true},
		{"v1.2.3-rc.1", false, true},
		{"v0.1.0+dirty", false, false},
		{buildinfo.Devel, false, false},
		// The commit of a checkout may not be pushed.
		{"v0.0.0-20260102030405-abcdefabcdef", false, false},
		{"v0.1.1-0.20260102030405-abcdefabcdef", false, false},
		{"v0.1.1-rc.1.0.20260102030405-abcdefabcdef", false, false},
		{"v0.1.1-0.20260102030405-abcdefabcdef+dirty", false, false},
		// go install has downloaded it.
		{"v0.1.1-0.20260102030405-abcdefabcdef", true, true},
	} {
		v := buildinfo.Version{Version: test.version, Installed: test.installed}
		if got := v.Published(); got != test.want {
			t.Errorf("Published of %+v is %v", v, got)
		}
	}
}
