package apigw_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

const id = tyg.ConnID("R1kmxc2VNjMCFIA=")

func connError(err error) error { return &tyg.ConnError{Op: "send", ID: id, Err: err} }

func TestWriteError(t *testing.T) {
	const internal = `{"message":"Internal server error"}`
	tests := []struct {
		name   string
		err    error
		status int
		kind   string
		body   string
	}{
		{"gone", connError(tyg.ErrGone), 410, "GoneException", ""},
		{"gone, wrapped", fmt.Errorf("x: %w", tyg.ErrGone), 410, "GoneException", ""},
		{
			"throttled", connError(tyg.ErrThrottled), 429, "LimitExceededException",
			`{"message":"Too Many Requests"}`,
		},
		{
			"too large", tyg.ErrTooLarge, 413, "PayloadTooLargeException",
			`{"message":"Request Too Long"}`,
		},
		{
			"invalid id", &tyg.ConnError{ID: `a"b`, Err: tyg.ErrInvalidID}, 400, "BadRequestException",
			`{"message":"Invalid connectionId: a\"b"}`,
		},
		{
			"invalid id, unnamed", tyg.ErrInvalidID, 400, "BadRequestException",
			`{"message":"Invalid connectionId"}`,
		},
		{
			"not text", connError(tyg.ErrNotText), 400, "NotTextException",
			`{"message":"Message is not valid UTF-8 text"}`,
		},
		{
			"unavailable", connError(tyg.ErrUnavailable), 503, "ServiceUnavailableException",
			`{"message":"The machine that holds the connection cannot be reached; nothing was done"}`,
		},
		{
			"unknown", connError(tyg.ErrOutcomeUnknown), 504, "OutcomeUnknownException",
			`{"message":"The machine that holds the connection did not answer; it may have done it"}`,
		},
		{
			"unsigned", apigw.DenyUnsigned(), 403, "MissingAuthenticationTokenException",
			`{"message":"Missing Authentication Token"}`,
		},
		{
			"wrong signature", fmt.Errorf("x: %w", apigw.DenySignature()), 403,
			"InvalidSignatureException",
			`{"message":"The request signature we calculated does not match the signature you ` +
				`provided. Check your AWS Secret Access Key and signing method. ` +
				`Consult the service documentation for details."}`,
		},
		{"wrong path", apigw.DenyPath(), 403, "ForbiddenException", `{"message":"Forbidden"}`},
		{"denied without status", &apigw.Denied{Type: "X"}, 403, "X", `{"message":""}`},
		{"denied with 200", &apigw.Denied{Status: 200, Type: "X"}, 403, "X", `{"message":""}`},
		{"other", errors.New("secret"), 500, "InternalServerErrorException", internal},
		{"other of one", connError(errors.New("x")), 500, "InternalServerErrorException", internal},
		{"none", nil, 500, "InternalServerErrorException", internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			apigw.WriteError(w, tt.err)
			kind := w.Header().Get("x-amzn-ErrorType")
			if w.Code != tt.status || kind != tt.kind || w.Body.String() != tt.body {
				t.Errorf("got %d %s %s\nwant %d %s %s", w.Code, kind, w.Body,
					tt.status, tt.kind, tt.body)
			}
		})
	}
}

func TestReadErrorReversesWriteError(t *testing.T) {
	for _, want := range []error{
		tyg.ErrGone, tyg.ErrThrottled, tyg.ErrTooLarge, tyg.ErrNotText, tyg.ErrInvalidID,
		tyg.ErrUnavailable, tyg.ErrOutcomeUnknown,
	} {
		w := httptest.NewRecorder()
		apigw.WriteError(w, connError(want))
		err := apigw.ReadError(w.Code, w.Header(), id, "send")
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if e, ok := errors.AsType[*tyg.ConnError](err); !ok || e.ID != id || e.Op != "send" {
			t.Errorf("error %#v does not say what was tried on %s", err, id)
		}
	}
}

func TestReadErrorDenied(t *testing.T) {
	w := httptest.NewRecorder()
	apigw.WriteError(w, apigw.DenySignature())
	err := apigw.ReadError(w.Code, w.Header(), id, "send")
	d, ok := errors.AsType[*apigw.Denied](err)
	if !ok || d.Status != 403 || d.Type != "InvalidSignatureException" {
		t.Errorf("got %v, want a Denied", err)
	}
	want := "send R1kmxc2VNjMCFIA=: request was refused: InvalidSignatureException"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestReadErrorStatus(t *testing.T) {
	tests := []struct {
		status int
		kind   string
		want   string // part of the error; empty: none
	}{
		{200, "", ""},
		{204, "GoneException", ""},
		{410, "", "connection is gone"},
		{400, "BadRequestException:http://internal.amazon.com/coral/", "not a connection id"},
		{400, "aws.x#NotTextException", "not valid UTF-8"},
		{400, "ValidationException", "HTTP status 400 ValidationException"},
		{301, "", "HTTP status 301"},
		{500, "", "HTTP status 500"},
		{503, "X", "HTTP status 503 X"},
	}
	for _, tt := range tests {
		header := http.Header{}
		header.Set("x-amzn-ErrorType", tt.kind)
		err := apigw.ReadError(tt.status, header, id, "close")
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%d %s: %v, want nil", tt.status, tt.kind, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%d %s: %v, want %q", tt.status, tt.kind, err, tt.want)
		}
	}
}

func TestDeniedError(t *testing.T) {
	want := "request was refused: ForbiddenException: Forbidden"
	if got := apigw.DenyPath().Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
