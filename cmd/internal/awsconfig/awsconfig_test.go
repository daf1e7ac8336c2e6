package awsconfig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
)

// machine is one with these shared files and variables of AWS, and no others.
func machine(t *testing.T, shared string, variables map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(shared), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file+"-none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

const shared = `[default]
region = us-east-1

[profile work]
region = eu-central-1
aws_access_key_id = work
aws_secret_access_key = secret
`

func TestRegions(t *testing.T) {
	tests := []struct {
		name   string
		env    map[string]string
		choice awsconfig.Choice
		want   string
	}{
		{"of the default profile", nil, awsconfig.Choice{}, "us-east-1"},
		{"of a profile", nil, awsconfig.Choice{Profile: "work"}, "eu-central-1"},
		{
			"of a profile by variable",
			map[string]string{"AWS_PROFILE": "work"},
			awsconfig.Choice{},
			"eu-central-1",
		},
		{
			"of the environment",
			map[string]string{"AWS_REGION": "us-west-2"},
			awsconfig.Choice{Profile: "work"},
			"us-west-2",
		},
		{
			"as chosen",
			map[string]string{"AWS_REGION": "us-west-2"},
			awsconfig.Choice{Region: "sa-east-1", DefaultRegion: "x"},
			"sa-east-1",
		},
		{"of last resort is not needed", nil, awsconfig.Choice{DefaultRegion: "x"}, "us-east-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			machine(t, shared, test.env)
			cfg, err := awsconfig.Load(t.Context(), test.choice)
			if err != nil || cfg.Region != test.want {
				t.Errorf("region is %q, %v; want %q", cfg.Region, err, test.want)
			}
		})
	}
	machine(t, "", nil)
	cfg, err := awsconfig.Load(t.Context(), awsconfig.Choice{DefaultRegion: "us-west-1"})
	if err != nil || cfg.Region != "us-west-1" {
		t.Errorf("region of last resort is %q, %v", cfg.Region, err)
	}
}

func TestCheckReportsMissingRegionAndCredentials(t *testing.T) {
	machine(t, shared, nil)
	_, err := awsconfig.Load(t.Context(), awsconfig.Choice{Profile: "none"})
	want(t, err, `there is no AWS profile "none"; `)
	cfg, err := awsconfig.Load(t.Context(), awsconfig.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, awsconfig.Check(t.Context(), cfg), "no valid AWS credentials; ")
	cfg.Region = ""
	want(t, awsconfig.Check(t.Context(), cfg), "no AWS region is configured; ")
	cfg, err = awsconfig.Load(t.Context(), awsconfig.Choice{Profile: "work"})
	if err != nil {
		t.Fatal(err)
	}
	if err := awsconfig.Check(t.Context(), cfg); err != nil {
		t.Errorf("with all there is: %v", err)
	}
	machine(t, "[default\nregion", nil)
	_, err = awsconfig.Load(t.Context(), awsconfig.Choice{Profile: "work"})
	want(t, err, "")
}

func want(t *testing.T, err error, begin string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), begin) {
		t.Errorf("error is %v, want %s", err, begin)
	}
}

func TestEndpoints(t *testing.T) {
	tests := []struct {
		name   string
		env    map[string]string
		choice awsconfig.Choice
		want   string
	}{
		{"the usual place", nil, awsconfig.Choice{}, ""},
		{
			"of all services",
			map[string]string{"AWS_ENDPOINT_URL": "http://all"},
			awsconfig.Choice{},
			"http://all",
		},
		{
			"of the service",
			map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_LAMBDA": "http://one"},
			awsconfig.Choice{},
			"http://one",
		},
		{
			"as chosen",
			map[string]string{"AWS_ENDPOINT_URL_LAMBDA": "http://one"},
			awsconfig.Choice{Endpoint: "http://chosen"},
			"http://chosen",
		},
		{
			"that is to be ignored", map[string]string{
				"AWS_ENDPOINT_URL_LAMBDA": "http://one", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
			}, awsconfig.Choice{}, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			machine(t, shared, test.env)
			cfg, err := awsconfig.Load(t.Context(), test.choice)
			if err != nil {
				t.Fatal(err)
			}
			if got := awsconfig.Endpoint(t.Context(), cfg, "Lambda"); got != test.want {
				t.Errorf("endpoint is %q, want %q", got, test.want)
			}
		})
	}
}
