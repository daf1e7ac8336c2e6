package models_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// Every name that the file uses is in it, and every pattern is one of Go's.
func TestFileIsWhole(t *testing.T) {
	f := models.Load()
	if len(f.Services) != 12 {
		t.Errorf("%d services, want 12", len(f.Services))
	}
	for service, s := range f.Services {
		if s.Protocol == "" || s.Version == "" || s.Signing == "" || len(s.Operations) == 0 {
			t.Errorf("%s is not whole: %+v", service, s)
		}
		check := func(user, name string) {
			if s.Shapes[name] == nil {
				t.Errorf("%s: %s uses %s, which is not there", service, user, name)
			}
		}
		for name, op := range s.Operations {
			for _, shape := range append([]string{op.Input, op.Output}, op.Errors...) {
				if shape != "" {
					check(name, shape)
				}
			}
		}
		for name, shape := range s.Shapes {
			shape.Matches("")
			for _, m := range shape.Members {
				check(name, m.Shape)
			}
			for _, m := range []*models.Member{shape.Member, shape.Key, shape.Value} {
				if m != nil {
					check(name, m.Shape)
				}
			}
		}
	}
}

func TestFileIsSmall(t *testing.T) {
	info, err := os.Stat("models.json")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 300_000 {
		t.Errorf("models.json has %d bytes, want at most 300000", info.Size())
	}
	if notice := models.Load().Notice; !strings.Contains(notice, "Apache License 2.0") {
		t.Errorf("notice %q names no licence", notice)
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"a|b", "b", true},
		{"a|b", "ab", false},
		{"[a-z]+", "abc\n", false},
	}
	for _, tt := range tests {
		s := &models.Shape{Pattern: tt.pattern}
		if got := s.Matches(tt.text); got != tt.want {
			t.Errorf("%q matches %q: %t, want %t", tt.pattern, tt.text, got, tt.want)
		}
	}
}

// What the generator makes of the source, on one example of each kind.
func TestFacts(t *testing.T) {
	f := models.Load().Services
	if got := f["apigatewayv2"].Signing; got != "apigateway" {
		t.Errorf("apigatewayv2 is signed for %q", got)
	}
	name := f["apigatewayv2"].Shapes["StringWithLengthBetween1And128"]
	if name.Max == nil || *name.Max != 128 {
		t.Errorf("a length that only the name gives: %v", name.Max)
	}
	if got := f["lambda"].Operations["CreateFunction"].Status; got != 201 {
		t.Errorf("CreateFunction answers with %d", got)
	}
	if s := f["iam"].Shapes["NoSuchEntityException"]; s.Code != "NoSuchEntity" || s.Status != 404 {
		t.Errorf("NoSuchEntityException has code %q and status %d", s.Code, s.Status)
	}
	if f["iam"].Shapes["policyDocumentType"].Matches("\x00") {
		t.Error("a policy document may have a NUL")
	}
}
