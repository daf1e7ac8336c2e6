package lambda_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

func TestEndpointOf(t *testing.T) {
	const own = "abcd1234.execute-api."
	tests := []struct{ domain, region, want string }{
		{own + "eu-central-1.amazonaws.com", "", own + "eu-central-1.amazonaws.com"},
		{own + "eu-central-1.amazonaws.com", "us-east-1", own + "eu-central-1.amazonaws.com"},
		{own + "eu-central-1.api.aws", "us-east-1", own + "eu-central-1.api.aws"},
		{own + "cn-north-1.amazonaws.com.cn", "", own + "cn-north-1.amazonaws.com.cn"},
		{strings.ToUpper(own) + "EU-CENTRAL-1.AMAZONAWS.COM", "", own + "eu-central-1.amazonaws.com"},
		{"chat.example.com", "eu-central-1", own + "eu-central-1.amazonaws.com"},
		{"chat.example.com", "us-gov-west-1", own + "us-gov-west-1.amazonaws.com"},
		{"chat.example.com", "cn-north-1", own + "cn-north-1.amazonaws.com.cn"},
		{"chat.example.com", "eusc-de-east-1", own + "eusc-de-east-1.amazonaws.eu"},
		{"chat.example.com", "us-iso-east-1", own + "us-iso-east-1.c2s.ic.gov"},
		{"chat.example.com", "us-isob-east-1", own + "us-isob-east-1.sc2s.sgov.gov"},
		{"chat.example.com", "eu-isoe-west-1", own + "eu-isoe-west-1.cloud.adc-e.uk"},
		{"chat.example.com", "us-isof-south-1", own + "us-isof-south-1.csp.hci.ic.gov"},
		// A name that only looks like one of AWS is a custom domain like others.
		{own + "eu-central-1.example.com", "us-east-1", own + "us-east-1.amazonaws.com"},
		{own + "eu-central-1.amazonaws.com.example.com", "us-east-1", own + "us-east-1.amazonaws.com"},
		{"other567.execute-api.eu-central-1.amazonaws.com", "us-east-1", own + "us-east-1.amazonaws.com"},
		{"", "us-east-1", own + "us-east-1.amazonaws.com"},
	}
	for _, tt := range tests {
		c := &tyg.Conn{APIID: "abcd1234", Stage: "prod", Domain: tt.domain}
		if got, err := lambda.EndpointOf(c, tt.region); got != "https://"+tt.want+"/prod" {
			t.Errorf("%s in %q: %s, %v, want %s", tt.domain, tt.region, got, err, tt.want)
		}
	}
	for name, c := range map[string]*tyg.Conn{
		"no API":    {Stage: "prod", Domain: "x"},
		"no stage":  {APIID: "abcd1234", Domain: "x"},
		"no region": {APIID: "abcd1234", Stage: "prod", Domain: "chat.example.com"},
		"bad API":   {APIID: "evil.example.com/", Stage: "prod", Domain: "x"},
		"bad stage": {APIID: "abcd1234", Stage: "a/b", Domain: "x"},
	} {
		if got, err := lambda.EndpointOf(c, ""); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestSendersOfEvents has no endpoint but that of the events, which come from two stages.
func TestSendersOfEvents(t *testing.T) {
	var urls []string
	web := roundTrip(func(r *request) (*response, error) {
		urls = append(urls, r.URL.String())
		return respond(200, "", "")
	})
	app := tyg.New("app")
	app.OnMessage(
		func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error { return c.SendString(ctx, "x") },
	)
	host := newHost(
		t,
		app,
		lambda.Config{SenderConfig: lambda.SenderConfig{Credentials: key, HTTPClient: web.client()}},
	)

	wantUnbound(t, app.Sender())
	nowhere := payload(t, "message", `"apiId": "abcd1234"`, `"apiId": ""`)
	if _, err := host.Invoke(t.Context(), nowhere); err == nil ||
		!strings.Contains(err.Error(), "set Config.Endpoint") {
		t.Errorf("an event without an API: %v", err)
	}
	wantUnbound(t, app.Sender())

	for _, stage := range []string{"prod", "dev", "prod"} {
		event := payload(t, "message", `"stage": "prod"`, `"stage": "`+stage+`"`)
		if _, err := host.Invoke(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if err := app.Sender().Send(t.Context(), id, []byte("from outside")); err != nil {
			t.Fatal(err)
		}
	}
	const base = "https://abcd1234.execute-api.us-east-1.amazonaws.com/"
	for i, stage := range []string{"prod", "prod", "dev", "dev", "prod", "prod"} {
		if want := base + stage + "/%40connections/R1kmxc2VNjMCFIA%3D"; urls[i] != want {
			t.Errorf("request %d to %s, want %s", i, urls[i], want)
		}
	}
}

func wantUnbound(t *testing.T, s tyg.Sender) {
	t.Helper()
	_, infoErr := s.Info(t.Context(), id)
	for name, err := range map[string]error{
		"Send":     s.Send(t.Context(), id, nil),
		"SendMany": s.SendMany(t.Context(), []tyg.ConnID{id}, nil),
		"Close":    s.Close(t.Context(), id),
		"Info":     infoErr,
	} {
		if !errors.Is(err, tyg.ErrUnbound) {
			t.Errorf("%s before the first event: %v", name, err)
		}
	}
}

// TestNoCredentials handles events that send nothing, and says what is missing for others.
func TestNoCredentials(t *testing.T) {
	host := newHost(t, program(), lambda.Config{})
	if _, err := host.Invoke(t.Context(), message(t, "")); err != nil {
		t.Errorf("a handler that sends nothing: %v", err)
	}
	if _, err := host.Invoke(t.Context(), message(t, "echo")); err == nil ||
		!strings.Contains(err.Error(), "there are no AWS credentials") {
		t.Errorf("error %v", err)
	}
}

func FuzzParseEndpoint(f *testing.F) {
	for _, s := range []string{endpoint, "wss://h/", "http://[::1]:8000/a%2Fb/@connections", "//", "https://h//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := lambda.ParseEndpoint(s)
		if err != nil {
			return
		}
		if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" ||
			!strings.HasSuffix(u.EscapedPath(), "/") {
			t.Errorf("%q became %q", s, u)
		}
		again, err := lambda.ParseEndpoint(u.String())
		if err != nil || again.Host != u.Host {
			t.Errorf("%q became %q and then %v, %v", s, u, again, err)
		}
	})
}
