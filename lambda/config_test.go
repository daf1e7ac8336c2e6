package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/lambda"
)

// environment is a getenv.
func environment(lines ...string) func(string) string {
	return func(name string) string {
		for _, line := range lines {
			if value, ok := strings.CutPrefix(line, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestFromEnvironment(t *testing.T) {
	const (
		specific = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI=http://127.0.0.1:1/api"
		deployed = "TYG_ENDPOINT=https://abcd1234.execute-api.eu-central-1.amazonaws.com/prod"
		general  = "AWS_ENDPOINT_URL=http://127.0.0.1:2"
	)
	tests := []struct {
		name     string
		env      []string
		endpoint string
		region   string
		key      lambda.Key
	}{
		{"nothing", nil, "", "", lambda.Key{}},
		{"region", []string{"AWS_REGION=a", "AWS_DEFAULT_REGION=b"}, "", "a", lambda.Key{}},
		{"default region", []string{"AWS_DEFAULT_REGION=b"}, "", "b", lambda.Key{}},
		{
			"all endpoints",
			[]string{specific, deployed, general},
			"http://127.0.0.1:1/api",
			"",
			lambda.Key{},
		},
		{"deployed", []string{deployed, general}, deployed[len("TYG_ENDPOINT="):], "", lambda.Key{}},
		{"general", []string{general}, "http://127.0.0.1:2", "", lambda.Key{}},
		{
			"ignored",
			[]string{specific, deployed, general, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True"},
			deployed[len("TYG_ENDPOINT="):], "",
			lambda.Key{},
		},
		{
			"key",
			[]string{"AWS_ACCESS_KEY_ID=i", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"},
			"", "",
			lambda.Key{AccessKeyID: "i", SecretAccessKey: "s", SessionToken: "t"},
		},
		{
			"key of tyg local",
			[]string{"TYG_FUNCTION_KEY=TYGLOCAL:s"},
			"", "",
			lambda.Key{AccessKeyID: "TYGLOCAL", SecretAccessKey: "s"},
		},
		{
			"own key",
			[]string{"AWS_ACCESS_KEY_ID=i", "AWS_SECRET_ACCESS_KEY=s", "TYG_FUNCTION_KEY=a:b"},
			"", "",
			lambda.Key{AccessKeyID: "i", SecretAccessKey: "s"},
		},
	}
	for _, tt := range tests {
		cfg, err := lambda.FromEnvironment(environment(tt.env...))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got, _ := cfg.Credentials.(lambda.Key)
		if cfg.Endpoint != tt.endpoint || cfg.Region != tt.region || got != tt.key || cfg.Logger == nil {
			t.Errorf("%s: %+v", tt.name, cfg)
		}
	}
	for _, line := range []string{
		"AWS_ACCESS_KEY_ID=i", "AWS_SECRET_ACCESS_KEY=very", "TYG_ENDPOINT=nonsense",
		"AWS_ENDPOINT_URL=https://abcd1234.execute-api.eu-central-1.amazonaws.com",
	} {
		if _, err := lambda.FromEnvironment(environment(line)); err == nil ||
			strings.Contains(err.Error(), "very") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestLogger(t *testing.T) {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "nonsense": slog.LevelInfo, "TRACE": -8, "DEBUG": slog.LevelDebug,
		"INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "ERROR": slog.LevelError, "FATAL": 12,
	}
	for name, want := range levels {
		log := lambda.NewLogger(nil, "Text", name)
		if !log.Enabled(t.Context(), want) || log.Enabled(t.Context(), want-1) {
			t.Errorf("level %q is not %v", name, want)
		}
	}
	var out bytes.Buffer
	lambda.NewLogger(&out, "JSON", "").With("a", 1).InfoContext(t.Context(), "hello", "b", 2)
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"level": "INFO", "message": "hello", "a": 1.0, "b": 2.0}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	if got["timestamp"] == nil || len(got) != len(want)+1 {
		t.Errorf("record %v", got)
	}

	out.Reset()
	lambda.NewLogger(&out, "", "").WithGroup("g").InfoContext(context.Background(), "hello", "b", 2)
	if text := out.String(); !strings.Contains(text, "msg=hello g.b=2\n") {
		t.Errorf("record %s", text)
	}
}
