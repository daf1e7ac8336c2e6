package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/authorize"
)

// maxResult is API Gateway's limit on the result of an authorizer, in bytes.
const maxResult = apigw.MaxAuthorizerResult

// errUnauthorized is the one error of an authorizer that API Gateway answers with 401. API Gateway
// compares its text.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
var errUnauthorized = errors.New("Unauthorized")

// methodARN returns the ARN in a question to an authorizer, and "" if payload is something else.
func methodARN(payload []byte) string {
	// Most payloads are messages, and a message cannot contain this: its quotes are escaped.
	if !bytes.Contains(payload, []byte(`"methodArn"`)) {
		return ""
	}
	var in struct {
		Type      string `json:"type"`
		MethodARN string `json:"methodArn"`
	}
	if err := json.Unmarshal(payload, &in); err != nil || in.Type != "REQUEST" {
		return "" // it fails again as an event, and says why
	}
	return in.MethodARN
}

// authorize asks the application's authorizer.
func (h *Host) authorize(ctx context.Context, payload []byte, arn string) ([]byte, error) {
	body, err := h.askAuthorizer(ctx, payload, arn)
	if err != nil && err != errUnauthorized {
		h.log.ErrorContext(ctx, "authorizer failed", "err", err)
	}
	return body, err
}

func (h *Host) askAuthorizer(ctx context.Context, payload []byte, arn string) ([]byte, error) {
	if h.authorizer == nil {
		return nil, errors.New("API Gateway asks an authorizer, and the application has none")
	}
	e, err := apigw.UnmarshalEvent(payload, nil)
	if err != nil {
		return nil, err
	}
	if e.Type != tyg.EventConnect {
		return nil, fmt.Errorf("API Gateway asks an authorizer about a %s event", e.Type)
	}
	a, err := authorize.New(h.authorizer, e.Conn.StageVariables)
	if err != nil {
		return nil, err
	}
	ctx, end := h.withDeadline(ctx, e)
	defer end()
	// An authorizer that does not return in time runs on while the payload is reused.
	id, err := a.Ask(withRaw(ctx, bytes.Clone(payload)), e.Request)
	if err == nil {
		return authorizerResult("Allow", id, arn)
	}
	switch status, _ := authorize.Status(err); status {
	case http.StatusUnauthorized:
		return nil, errUnauthorized
	case http.StatusForbidden:
		return authorizerResult("Deny", tyg.Identity{Principal: "denied"}, arn)
	}
	return nil, err
}

// A result is the answer that API Gateway expects of an authorizer.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html)
type result struct {
	PrincipalID string         `json:"principalId"`
	Policy      policy         `json:"policyDocument"`
	Context     map[string]any `json:"context,omitempty"`
}

type policy struct {
	Version   string
	Statement []statement
}

type statement struct{ Action, Effect, Resource string }

// authorizerResult makes a result for a client, whose context it keeps.
func authorizerResult(effect string, id tyg.Identity, arn string) ([]byte, error) {
	delete(id.Context, "integrationLatency") // API Gateway measures by itself
	body, err := json.Marshal(result{id.Principal, policy{
		Version:   "2012-10-17",
		Statement: []statement{{Action: "execute-api:Invoke", Effect: effect, Resource: arn}},
	}, id.Context})
	if err != nil {
		return nil, fmt.Errorf("encode result of authorizer: %w", err)
	}
	if len(body) > maxResult {
		return nil, fmt.Errorf("result of authorizer has %d bytes, more than %d", len(body), maxResult)
	}
	return body, nil
}
