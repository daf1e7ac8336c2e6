package application

import (
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestStageSettings(t *testing.T) {
	app := mustApplication(t, `{
		"throttling": {"rate_limit": 10.5, "burst_limit": 20}, "logging_level": "ERROR",
		"data_trace": true, "detailed_metrics": true,
		"access_log": {"destination_arn": "arn:aws:logs:us-west-2:123456789012:log-group:g",
			"format": "$context.requestId"},
		"stage_variables": {"a": "b"},
		"websocket_api_custom_domain": {"domain_name": "chat.example.com", "certificate_arn": "arn",
			"tls_version": "TLS_1_2", "url_prefix": "v1", "tags": {"c": "d"}}
	}`, describing("$default"))
	want := deploy.StageSettings{
		ThrottlingRate: 10.5, ThrottlingBurst: 20, LoggingLevel: "ERROR", DataTrace: true,
		DetailedMetrics: true, AccessLogARN: "arn:aws:logs:us-west-2:123456789012:log-group:g",
		AccessLogFormat: "$context.requestId",
	}
	if app.API.Settings != want {
		t.Errorf("settings are %+v, want %+v", app.API.Settings, want)
	}
	domain := &deploy.Domain{
		Name: "chat.example.com", CertificateARN: "arn", TLSVersion: "TLS_1_2", Prefix: "v1",
		Tags: map[string]string{"c": "d"},
	}
	if !reflect.DeepEqual(app.API.Domain, domain) {
		t.Errorf("domain is %+v, want %+v", app.API.Domain, domain)
	}
	requested := mustApplication(t, `{"ip_address_type": "dualstack",
		"websocket_api_custom_domain": {"domain_name": "chat.example.com", "certificate": "request",
			"hosted_zone": "Z1", "ip_address_type": "ipv4"}}`, describing("$default"))
	domain = &deploy.Domain{
		Name: "chat.example.com", Request: true, Zone: "Z1", IPAddressType: "ipv4",
	}
	if !reflect.DeepEqual(requested.API.Domain, domain) ||
		requested.API.IPAddressType != "dualstack" {
		t.Errorf("domain is %+v, and the API %+v", requested.API.Domain, requested.API)
	}
	if app.API.Variables["a"] != "b" {
		t.Errorf("stage variables are %v", app.API.Variables)
	}
	file := mustApplication(t, `{"access_log": {"file": "-", "format": "x"}}`, describing("$default"))
	if file.API.Settings != (deploy.StageSettings{}) {
		t.Errorf("with a file for a gateway the settings are %+v", file.API.Settings)
	}
	zero := mustApplication(t, `{}`, describing("$default")).API.Settings
	if zero != (deploy.StageSettings{}) {
		t.Errorf("without configuration the settings are %+v", zero)
	}
}
