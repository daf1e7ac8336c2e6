package lambda

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A functionURL is the URL of a function.
type functionURL struct {
	url, auth string
	created   time.Time
	changed   time.Time
}

func (f *function) describeURL(qualifier string) map[string]any {
	u := f.urls[qualifier]
	return map[string]any{
		"FunctionUrl": u.url, "FunctionArn": qualified(f.arn, qualifier), "AuthType": u.auth,
		"InvokeMode": "BUFFERED", "CreationTime": u.created.UTC().Format(time.RFC3339),
	}
}

// plainURL refuses what is not served.
func plainURL(in wire.Params) error {
	switch {
	case in.Has("Cors"):
		return wire.Unserved("CORS of function URLs")
	case in.Has("InvokeMode") && in.Str("InvokeMode") != "BUFFERED":
		return wire.Unserved(in.Str("InvokeMode"))
	}
	return nil
}

func (s *State) createURL(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	if err := plainURL(in); err != nil {
		return nil, err
	}
	if f.urls[qualifier] != nil {
		return nil, conflict("FunctionUrlConfig exists for this Lambda function")
	}
	now := s.Now()
	f.urls[qualifier] = &functionURL{
		url:  "https://" + s.NewID() + ".lambda-url." + account.Region + ".on.aws/",
		auth: in.Str("AuthType"), created: now, changed: now,
	}
	return f.describeURL(qualifier), nil
}

// findURL returns the function of a URL, and the alias of which it is.
func (s *State) findURL(in wire.Params) (f *function, qualifier string, err error) {
	f, qualifier, err = s.findQualified(in)
	if err != nil || f.urls[qualifier] == nil {
		return nil, "", wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
			"The resource you requested does not exist.")
	}
	return f, qualifier, plainURL(in)
}

func (s *State) getURL(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	out := f.describeURL(qualifier)
	out["LastModifiedTime"] = f.urls[qualifier].changed.UTC().Format(time.RFC3339)
	return out, nil
}

func (s *State) updateURL(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	f.urls[qualifier].auth, f.urls[qualifier].changed = in.Str("AuthType"), s.Now()
	return s.getURL(in)
}

func (s *State) deleteURL(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	delete(f.urls, qualifier)
	return nil, nil
}

// AtURL returns the function of a URL. It is an error if a request without a signature would be
// refused: since October 2025 the policy must allow both actions.
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html)
func (s *State) AtURL(url string) (Function, error) {
	for _, f := range s.functions {
		for qualifier, u := range f.urls {
			if u.url == url {
				return f.atURL(qualifier, u)
			}
		}
	}
	return Function{}, fmt.Errorf("there is no function URL %s", url)
}

func (f *function) atURL(qualifier string, u *functionURL) (Function, error) {
	public := f.public(f.at(qualifier))
	if u.auth != "NONE" {
		return public, fmt.Errorf("requests to %s must be signed", u.url)
	}
	const auth, via = "lambda:FunctionUrlAuthType", "lambda:InvokedViaFunctionUrl"
	if !f.publicFor(qualifier, "lambda:InvokeFunctionUrl", "StringEquals", auth, "NONE") ||
		!f.publicFor(qualifier, "lambda:InvokeFunction", "Bool", via, "true") {
		return public, fmt.Errorf("the policy of function %s does not let all clients in",
			qualified(f.name, qualifier))
	}
	return public, public.runs()
}

// publicFor tells whether the policy allows an action to all callers under a condition.
func (f *function) publicFor(qualifier, action, operator, key, value string) bool {
	return slices.ContainsFunc(f.permissions[qualifier], func(p permission) bool {
		return p.Principal == "*" && strings.EqualFold(p.Action, action) &&
			(len(p.Condition) == 0 || p.Condition[operator][key] == value)
	})
}
