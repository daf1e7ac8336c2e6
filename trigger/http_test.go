package trigger_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/trigger"
)

func request(method, path, query, body string) events.LambdaFunctionURLRequest {
	return events.LambdaFunctionURLRequest{
		RawPath: path, RawQueryString: query, Body: body,
		Headers: map[string]string{
			"host": "abc.lambda-url.eu-central-1.on.aws", "x-forwarded-for": "1.2.3.4, 5.6.7.8",
		},
		Cookies: []string{"a=1", "b=2"},
		RequestContext: events.LambdaFunctionURLRequestContext{
			DomainName: "abc.lambda-url.eu-central-1.on.aws",
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method: method, SourceIP: "203.0.113.9",
			},
		},
	}
}

func TestHTTPRequest(t *testing.T) {
	in := request("POST", "/a%20b/c", "x=1&x=%26", base64.StdEncoding.EncodeToString([]byte{0, 255}))
	in.IsBase64Encoded = true
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{first}/c", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		b, cookieErr := r.Cookie("b")
		if err != nil || cookieErr != nil {
			t.Errorf("body: %v, cookie: %v", err, cookieErr)
		}
		fmt.Fprintf(w, "%s|%s|%q|%x|%d|%s|%s|%s|%s", r.PathValue("first"), r.Host, r.Form["x"], body,
			r.ContentLength, b.Value, r.RemoteAddr, r.Header.Get("X-Forwarded-For"), r.URL.Query()["x"])
	})
	got := call[events.LambdaFunctionURLResponse](t, t.Context(), trigger.HTTP(mux), in)
	want := `a b|abc.lambda-url.eu-central-1.on.aws|[]|00ff|2|2|203.0.113.9:0|1.2.3.4, 5.6.7.8|[1 &]`
	if got.StatusCode != 200 || got.Body != want {
		t.Errorf("status %d, body %q, want %q", got.StatusCode, got.Body, want)
	}
}

func TestHTTPResponse(t *testing.T) {
	serve := func(h http.HandlerFunc) events.LambdaFunctionURLResponse {
		return call[events.LambdaFunctionURLResponse](t, t.Context(), trigger.HTTP(h),
			request("GET", "/", "", ""))
	}
	got := serve(func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Accept")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("Late", "x")
	})
	if got.StatusCode != http.StatusTeapot || got.Headers["Vary"] != "Origin, Accept" ||
		!slices.Equal(got.Cookies, []string{"a=1", "b=2"}) || got.Headers["Late"] != "" {
		t.Errorf("response is %+v", got)
	}
	if got := serve(func(http.ResponseWriter, *http.Request) {}); got.StatusCode != http.StatusOK {
		t.Errorf("a handler that does nothing answers %d", got.StatusCode)
	}
	got = serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0, 255}) })
	data, err := base64.StdEncoding.DecodeString(got.Body)
	if err != nil || !got.IsBase64Encoded || !bytes.Equal(data, []byte{0, 255}) ||
		got.Headers["Content-Type"] != "application/octet-stream" {
		t.Errorf("binary response is %+v", got)
	}
}

// A response that Lambda would not take is a failure, also if the handler does not look at what
// Write returns.
func TestHTTPResponseThatIsTooLarge(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	fn := trigger.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 7 {
			_, _ = io.WriteString(w, text)
		}
	}))
	event, err := json.Marshal(request("GET", "/", "", ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fn(t.Context(), event); !errors.Is(err, tyg.ErrTooLarge) {
		t.Errorf("error is %v, want ErrTooLarge", err)
	}
}
