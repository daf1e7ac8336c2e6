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

func (f *function) describeURL() map[string]any {
	return map[string]any{
		"FunctionUrl": f.url.url, "FunctionArn": f.arn, "AuthType": f.url.auth, "InvokeMode": "BUFFERED",
		"CreationTime": f.url.created.UTC().Format(time.RFC3339),
	}
}

// plainURL refuses what is not served.
func plainURL(in wire.Params) error {
	switch {
	case in.Has("Qualifier"), in.Has("Cors"):
		return wire.Unserved("qualifiers and CORS of function URLs")
	case in.Has("InvokeMode") && in.Str("InvokeMode") != "BUFFERED":
		return wire.Unserved(in.Str("InvokeMode"))
	}
	return nil
}

func (s *State) createURL(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	if err := plainURL(in); err != nil {
		return nil, err
	}
	if f.url != nil {
		return nil, conflict("FunctionUrlConfig exists for this Lambda function")
	}
	now := s.Now()
	f.url = &functionURL{
		url:  "https://" + s.NewID() + ".lambda-url." + account.Region + ".on.aws/",
		auth: in.Str("AuthType"), created: now, changed: now,
	}
	return f.describeURL(), nil
}

func (s *State) findURL(in wire.Params) (*function, error) {
	f := s.functions[functionName(in.Str("FunctionName"))]
	if f == nil || f.url == nil {
		return nil, wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
			"The resource you requested does not exist.")
	}
	return f, plainURL(in)
}

func (s *State) getURL(in wire.Params) (map[string]any, error) {
	f, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	out := f.describeURL()
	out["LastModifiedTime"] = f.url.changed.UTC().Format(time.RFC3339)
	return out, nil
}

func (s *State) updateURL(in wire.Params) (map[string]any, error) {
	f, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	f.url.auth, f.url.changed = in.Str("AuthType"), s.Now()
	return s.getURL(in)
}

func (s *State) deleteURL(in wire.Params) (map[string]any, error) {
	f, err := s.findURL(in)
	if err != nil {
		return nil, err
	}
	f.url = nil
	return nil, nil
}

// AtURL returns the function of a URL. It is an error if a request without a signature would be
// refused: since October 2025 the policy must allow both actions.
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html)
func (s *State) AtURL(url string) (Function, error) {
	for _, f := range s.functions {
		if f.url == nil || f.url.url != url {
			continue
		}
		if f.url.auth != "NONE" {
			return f.public(), fmt.Errorf("requests to %s must be signed", url)
		}
		const auth, via = "lambda:FunctionUrlAuthType", "lambda:InvokedViaFunctionUrl"
		if !f.publicFor("lambda:InvokeFunctionUrl", "StringEquals", auth, "NONE") ||
			!f.publicFor("lambda:InvokeFunction", "Bool", via, "true") {
			return f.public(), fmt.Errorf("the policy of function %s does not let all clients in", f.name)
		}
		return f.public(), f.public().runs()
	}
	return Function{}, fmt.Errorf("there is no function URL %s", url)
}

// publicFor tells whether the policy allows an action to all callers under a condition.
func (f *function) publicFor(action, operator, key, value string) bool {
	return slices.ContainsFunc(f.permissions, func(p permission) bool {
		return p.Principal == "*" && strings.EqualFold(p.Action, action) &&
			(len(p.Condition) == 0 || p.Condition[operator][key] == value)
	})
}
