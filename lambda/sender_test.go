package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/lambda"
)

const id tyg.ConnID = "R1kmxc2VNjMCFIA="

const endpoint = "https://abcd1234.execute-api.eu-central-1.amazonaws.com/prod"

func newSender(t testing.TB, cfg lambda.SenderConfig) *lambda.Sender {
	t.Helper()
	if cfg.Credentials == nil {
		cfg.Credentials = key
	}
	s, err := lambda.NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// against is a Sender whose requests end in f.
func against(t testing.TB, f roundTrip) *lambda.Sender {
	t.Helper()
	return newSender(t, lambda.SenderConfig{Endpoint: endpoint, HTTPClient: f.client()})
}

// TestCallsCarryTheTrace has a context add to the header of each request.
func TestCallsCarryTheTrace(t *testing.T) {
	var got []string
	s := against(t, func(r *request) (*response, error) {
		got = append(got, r.Header.Get("Traceparent"))
		return respond(200, "", "")
	})
	ctx := tyg.WithInjector(t.Context(), func(_ context.Context, h http.Header) {
		h.Set("Traceparent", "the caller's")
	})
	if err := errors.Join(
		s.Send(ctx, id, []byte("x")), s.SendMany(ctx, []tyg.ConnID{id}, []byte("x")), s.Close(ctx, id),
		s.Send(t.Context(), id, []byte("x")),
	); err != nil {
		t.Fatal(err)
	}
	if want := []string{"the caller's", "the caller's", "the caller's", ""}; !slices.Equal(got, want) {
		t.Errorf("headers %q, want %q", got, want)
	}
}

// TestRequests looks at what goes over the network.
func TestRequests(t *testing.T) {
	tests := []struct {
		endpoint, region string
		url              string // without the id
		signed           string // region
	}{
		{endpoint, "", endpoint, "eu-central-1"},
		{endpoint + "/", "us-east-1", endpoint, "eu-central-1"},
		{endpoint + "/@connections", "", endpoint, "eu-central-1"},
		{strings.Replace(endpoint, "https", "wss", 1) + "/", "", endpoint, "eu-central-1"},
		{"https://chat.example.com", "us-east-1", "https://chat.example.com", "us-east-1"},
		{
			"https://chat.example.com/v1/x%2Fy",
			"us-east-1",
			"https://chat.example.com/v1/x%2Fy",
			"us-east-1",
		},
		{"ws://127.0.0.1:8000/api/", "us-east-1", "http://127.0.0.1:8000/api", "us-east-1"},
	}
	for _, tt := range tests {
		var method, url, body string
		var verified error
		web := roundTrip(func(r *request) (*response, error) {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			method, url, body = r.Method, r.URL.String(), string(data)
			if !strings.Contains(r.Header.Get("Authorization"), "/"+tt.signed+"/execute-api/aws4_request") {
				t.Errorf("%s: signed for %s", tt.endpoint, r.Header.Get("Authorization"))
			}
			v := sigv4.Verifier{Keys: func(string) (string, bool) { return key.SecretAccessKey, true }}
			_, verified = v.Verify(r, data)
			return respond(200, "", "")
		})
		s := newSender(
			t,
			lambda.SenderConfig{Endpoint: tt.endpoint, Region: tt.region, HTTPClient: web.client()},
		)
		if err := s.Send(t.Context(), id, []byte("héllo")); err != nil {
			t.Errorf("%s: %v", tt.endpoint, err)
		}
		if want := tt.url + "/%40connections/R1kmxc2VNjMCFIA%3D"; url != want || method != "POST" ||
			body != "héllo" {
			t.Errorf("%s: %s %s with %q, want POST %s", tt.endpoint, method, url, body, want)
		}
		if verified != nil {
			t.Errorf("%s: %v", tt.endpoint, verified)
		}
	}
}

func TestNewSenderErrors(t *testing.T) {
	tests := []struct{ endpoint, want string }{
		{"", "want https://HOST/STAGE"},
		{"example.com/prod", "want https://HOST/STAGE"},
		{"ftp://example.com/prod", "want https://HOST/STAGE"},
		{"https:///prod", "and nothing else"},
		{"https://user:secret@example.com/prod", "and nothing else"},
		{"https://example.com/prod?a=b", "and nothing else"},
		{"https://%zz/", "parse endpoint"},
		{"https://example.com/prod", "set Region"},
		{"https://abcd1234.execute-api.eu-central-1.amazonaws.com/", "has no stage"},
	}
	for _, tt := range tests {
		_, err := lambda.NewSender(lambda.SenderConfig{Endpoint: tt.endpoint, Credentials: key})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.endpoint, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells a password: %v", err)
		}
	}
	if _, err := lambda.NewSender(lambda.SenderConfig{Endpoint: endpoint}); err == nil {
		t.Error("no credentials are no error")
	}
}

// TestBadArgumentsMakeNoRequest has calls that make no request.
func TestBadArgumentsMakeNoRequest(t *testing.T) {
	s := against(t, func(r *request) (*response, error) {
		t.Errorf("%s %s was requested", r.Method, r.URL)
		return respond(200, "", "")
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		ctx  context.Context
		id   tyg.ConnID
		data string
		want error
	}{
		{t.Context(), "", "x", tyg.ErrInvalidID},
		{t.Context(), "..", "x", tyg.ErrInvalidID},
		{t.Context(), tyg.ConnID(strings.Repeat("x", 257)), "x", tyg.ErrInvalidID},
		{t.Context(), id, strings.Repeat("x", 128<<10+1), tyg.ErrTooLarge},
		{t.Context(), id, "\xff", tyg.ErrNotText},
		{ended, id, "x", context.Canceled},
	}
	for _, tt := range tests {
		for name, err := range map[string]error{
			"Send":     s.Send(tt.ctx, tt.id, []byte(tt.data)),
			"SendMany": s.SendMany(tt.ctx, []tyg.ConnID{tt.id}, []byte(tt.data)),
		} {
			if !errors.Is(err, tt.want) {
				t.Errorf("%s to %q of %.4q: %v, want %v", name, tt.id, tt.data, err, tt.want)
			}
		}
	}
}

// TestServiceSaysWhichIDsThereAre sends to ids of other forms. Whatever they are, they are one
// segment of the path.
func TestServiceSaysWhichIDsThereAre(t *testing.T) {
	for id, path := range map[tyg.ConnID]string{
		"short": "short", "a-much-longer-id-than-those-of-today==": "a-much-longer-id-than-those-of-" +
			"today%3D%3D", "../../../../etc=": "..%2F..%2F..%2F..%2Fetc%3D", "a b?c#d": "a%20b%3Fc%23d",
	} {
		var asked []string
		answer, kind := 200, ""
		s := against(t, func(r *request) (*response, error) {
			asked = append(asked, r.URL.EscapedPath())
			return respond(answer, kind, `{"message":"Invalid connectionId"}`)
		})
		if err := s.Send(t.Context(), id, []byte("x")); err != nil {
			t.Errorf("%q: %v", id, err)
		}
		answer, kind = 400, "BadRequestException"
		if err := s.Send(t.Context(), id, []byte("x")); !errors.Is(err, tyg.ErrInvalidID) {
			t.Errorf("%q, which the service refuses: %v", id, err)
		}
		for _, got := range asked {
			if !strings.HasSuffix(got, "/@connections/"+path) &&
				!strings.HasSuffix(got, "/%40connections/"+path) {
				t.Errorf("%q: asked for %s, want %s", id, got, path)
			}
		}
		if len(asked) != 2 {
			t.Errorf("%q: asked %d times", id, len(asked))
		}
	}
}

func TestInfo(t *testing.T) {
	const body = `{"connectedAt":"2020-04-30T20:10:33.236Z","identity":{"sourceIp":"192.0.2.1",` +
		`"userAgent":"x"},"lastActiveAt":"2020-04-30T20:10:42.997Z"}`
	answer := body
	s := against(t, func(*request) (*response, error) { return respond(200, "", answer) })
	got, err := s.Info(t.Context(), id)
	if err != nil || got.SourceIP != "192.0.2.1" || got.UserAgent != "x" ||
		got.LastActiveAt.Second() != 42 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, answer = range []string{"", "{}", strings.Repeat(" ", 1<<17) + body} {
		if _, err := s.Info(t.Context(), id); err == nil {
			t.Errorf("%d bytes of nonsense are no error", len(answer))
		}
	}
}

func TestCredentialsFail(t *testing.T) {
	fails := lambda.CredentialsFunc(func(context.Context) (lambda.Key, error) {
		return lambda.Key{}, errSecret
	})
	for name, creds := range map[string]lambda.CredentialsProvider{
		"provider": fails, "empty key": lambda.Key{},
	} {
		s := newSender(t, lambda.SenderConfig{Endpoint: endpoint, Credentials: creds, RetryFor: -1})
		err := s.Send(t.Context(), id, []byte("x"))
		if err == nil || !strings.Contains(err.Error(), "get AWS credentials") ||
			errors.Is(err, lambda.ErrMaybeSent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyPrintsNoSecret(t *testing.T) {
	cfg := lambda.Config{SenderConfig: lambda.SenderConfig{Credentials: key}}
	for _, text := range []string{
		fmt.Sprint(key), fmt.Sprintf("%+v %#v", key, key), fmt.Sprintf("%+v", cfg),
	} {
		if strings.Contains(text, "secret") || strings.Contains(text, "token") {
			t.Errorf("it tells its secret: %s", text)
		}
	}
}

// TestSendNamesItsEvent has the trace of an event in the calls that its handler makes.
func TestSendNamesItsEvent(t *testing.T) {
	const trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=ad49b0e87f6ef6c8;Sampled=0"
	var header, signed string
	s := against(t, func(r *request) (*response, error) {
		header, signed = r.Header.Get("X-Amzn-Trace-Id"), r.Header.Get("Authorization")
		return respond(200, "", "")
	})
	//lint:ignore SA1029 the X-Ray SDK looks for the trace id under this key
	ctx := context.WithValue(t.Context(), "x-amzn-trace-id", trace)
	if err := s.Send(ctx, id, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if header != trace || strings.Contains(signed, "x-amzn-trace-id") {
		t.Errorf("the trace is %q, and %s; want %q, which is not signed", header, signed, trace)
	}
	if err := s.Send(t.Context(), id, []byte("hi")); err != nil || header != "" {
		t.Errorf("without an event: %v, the trace is %q", err, header)
	}
}
