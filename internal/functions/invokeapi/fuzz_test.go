package invokeapi_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
)

func FuzzReference(f *testing.F) {
	for _, s := range []string{
		"f", "f:$LATEST", "f:1", "000000000000:function:f", "000000000000:function:f:v",
		"arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws-cn:lambda:::function:f:v",
		":", "a:b:c:d", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, qualifier, ok := invokeapi.ParseReference(s)
		if !ok {
			return
		}
		if !functions.ValidName(name) {
			t.Errorf("%q has the name %q", s, name)
		}
		want := name + ":" + qualifier
		if qualifier != "" && !strings.HasSuffix(s, want) || !strings.Contains(s, name) {
			t.Errorf("%q became %q and %q", s, name, qualifier)
		}
		again, q, ok := invokeapi.ParseReference(strings.TrimSuffix(name+":"+qualifier, ":"))
		if !ok || again != name || q != qualifier {
			t.Errorf("%q and %q became %q and %q", name, qualifier, again, q)
		}
		path := "/2015-03-31/functions/" + url.PathEscape(s) + "/invocations"
		if back, ok := invokeapi.SplitInvokePath(path); !ok || back != s {
			t.Errorf("%q became %q, %v in a path", s, back, ok)
		}
	})
}

func FuzzInvokePath(f *testing.F) {
	for _, s := range []string{
		"/2015-03-31/functions/f/invocations", "/2015-03-31/functions/f%3A1/invocations",
		"/2015-03-31/functions//invocations", "/2015-03-31/functions/%zz/invocations",
		"/2015-03-31/functions/invocations", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, ok := invokeapi.SplitInvokePath(s); ok && (name == "" || strings.Count(s, "/") != 4) {
			t.Errorf("%q became %q", s, name)
		}
	})
}
