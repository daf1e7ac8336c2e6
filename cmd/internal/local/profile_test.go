package local

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadProfile(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o777); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(home, ".aws", "config"), `
[default]
region = eu-west-1
# role_arn = no
[profile work]
region=eu-central-1
sso_session = corp
`)
	writeFile(t, filepath.Join(home, ".aws", "credentials"), "[keys]\naws_access_key_id = AKID\n")
	other := filepath.Join(home, "other")
	writeFile(t, other, "[default]\naws_access_key_id = AKID\nregion = ap-south-1\n")
	for _, tt := range []struct {
		environ string
		want    profile
	}{
		{"", profile{}},
		{"AWS_REGION=a AWS_DEFAULT_REGION=b", profile{region: "a"}},
		{"AWS_DEFAULT_REGION=b AWS_ACCESS_KEY_ID=AKID", profile{"b", true}},
		{"AWS_WEB_IDENTITY_TOKEN_FILE=/x", profile{"", true}},
		{"HOME=" + home, profile{region: "eu-west-1"}},
		{"HOME=" + home + " AWS_REGION=a", profile{region: "a"}},
		{"HOME=" + home + " AWS_PROFILE=work", profile{"eu-central-1", true}},
		{"HOME=" + home + " AWS_PROFILE=keys", profile{"", true}},
		{"HOME=" + home + " AWS_PROFILE=none", profile{}},
		{"AWS_SHARED_CREDENTIALS_FILE=" + other, profile{"ap-south-1", true}},
	} {
		if got := readProfile(strings.Fields(tt.environ)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.environ, got, tt.want)
		}
	}
}

// TestSurroundingsStayAsTheyAre: what functions find is the developer's, made up only where that
// has nothing.
func TestSurroundingsStayAsTheyAre(t *testing.T) {
	for _, tt := range []struct {
		name    string
		environ []string
		region  string
		madeUp  bool
	}{
		{"nothing", []string{"HOME=" + t.TempDir()}, "us-east-1", true},
		{"region", []string{"AWS_REGION=eu-west-1"}, "eu-west-1", true},
		{"keys", []string{"AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=s"}, "us-east-1", false},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{Environ: tt.environ}
		s := &server{cfg: cfg, out: newPrinter(cfg), plan: Plan{Stage: "api"}}
		s.project.Temp = t.TempDir()
		if err := s.lead(l); err != nil {
			t.Fatal(err)
		}
		s.open(l)
		region := s.host.Region
		if region == "" {
			region = "us-east-1"
		}
		if region != tt.region || (s.host.Credentials.AccessKeyID != "") != tt.madeUp {
			t.Errorf("%s: region %s, key %q", tt.name, region, s.host.Credentials.AccessKeyID)
		}
		if s.host.Env[functionKey] == "" {
			t.Errorf("%s: applications have no key for calls of the gateway", tt.name)
		}
		s.close()
		_ = l.Close()
	}
}
