package host_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/lambda"
)

// TestGroupsTable has environments of functions on AWS and behind a gateway of tyg.
func TestGroupsTable(t *testing.T) {
	aws := "AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=secret "
	for _, tt := range []struct {
		env             string
		table, register bool
		err             string // in the error
	}{
		{aws, false, false, ""},
		{aws + "TYG_EVERYONE=1", false, false, ""},
		{aws + "TYG_GROUPS_TABLE=T", true, false, ""},
		{aws + "TYG_GROUPS_TABLE=T TYG_EVERYONE=1", true, true, ""},
		{
			aws + "TYG_GROUPS_TABLE=T TYG_GROUPS_ENDPOINT=http://127.0.0.1:8000/api",
			false, false, "",
		},
		{aws + "TYG_GROUPS_TABLE=T AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", true, false, ""},
		{aws + "TYG_GROUPS_TABLE=T AWS_ENDPOINT_URL_DYNAMODB=nowhere", false, false, "nowhere"},
		{
			aws + "TYG_GROUPS_TABLE=T AWS_ENDPOINT_URL_DYNAMODB=nowhere " +
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=TRUE",
			true, false, "",
		},
		{"AWS_REGION=eu-central-1 TYG_GROUPS_TABLE=T", false, false, "AWS_ACCESS_KEY_ID"},
		{
			"AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=secret TYG_GROUPS_TABLE=T",
			false, false, "no region",
		},
	} {
		vars := make(map[string]string)
		for pair := range strings.FieldsSeq(tt.env) {
			name, value, _ := strings.Cut(pair, "=")
			vars[name] = value
		}
		get := func(name string) string { return vars[name] }
		cfg, err := lambda.FromEnvironment(get)
		if err == nil {
			err = host.OpenGroups(&cfg, get)
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.env, err, tt.err)
			continue
		}
		if (cfg.Groups != nil) != tt.table || cfg.Everyone != tt.register {
			t.Errorf("%s: table %v, registration %v", tt.env, cfg.Groups, cfg.Everyone)
		}
	}
}
