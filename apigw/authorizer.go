package apigw

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
)

// MarshalAuthorizerRequest returns the JSON with which API Gateway asks a Lambda authorizer about a
// connect event. methodARN is
// "arn:aws:execute-api:{region}:{account}:{api}/{stage}/$connect". Unlike the function, an
// authorizer sees the headers of the upgrade itself, and empty objects for a query or for stage
// variables that are not there. Conn.Identity is left out: it does not exist yet.
//
// It fails if e is not a connect event with Conn and Request.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
func MarshalAuthorizerRequest(e tyg.Event, methodARN string) ([]byte, error) {
	if err := checkEvent(e); err != nil {
		return nil, err
	}
	if e.Type != tyg.EventConnect {
		return nil, fmt.Errorf("encode authorizer request: event is %s, not CONNECT", e.Type)
	}
	conn := *e.Conn
	conn.Identity = tyg.Identity{}
	e.Conn = &conn
	dst := append(make([]byte, 0, 2048), `{"type":"REQUEST"`...)
	dst = append(appendMember(dst, "methodArn", methodARN), ',')
	dst = appendRequest(dst, e, authorizerHeaders)
	dst = append(dst, `"stageVariables":`...)
	dst = append(appendStrings(dst, conn.StageVariables), ',')
	dst, err := appendContext(dst, e)
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// ParseAuthorizerResult reads the result of a Lambda authorizer, and decides by its policy
// whether the client may invoke methodARN. Values of the identity's context are of type string,
// float64 or bool. A value of null is left out, and a principalId that is a number or a boolean
// becomes its text; AWS does not document what API Gateway makes of them, and the events that it
// sends have such nulls.
//
// A result that denies, or that does not mention methodARN, is no error: allowed is false, and a
// host answers 403. A result that is malformed or larger than [MaxAuthorizerResult] is an error,
// and a host answers 500. A policy with a Condition, NotAction or NotResource that is not empty is
// an error too, because they are not evaluated.
func ParseAuthorizerResult(data []byte, methodARN string) (
	id tyg.Identity, allowed bool, err error,
) {
	var in authorizerResult
	if err := in.decode(data); err != nil {
		return id, false, fmt.Errorf("decode authorizer result: %w", err)
	}
	allowed, err = in.Policy.allows(methodARN)
	if err != nil {
		return id, false, fmt.Errorf("evaluate policy of authorizer: %w", err)
	}
	return tyg.Identity{Principal: string(in.PrincipalID), Context: in.Context}, allowed, nil
}

type authorizerResult struct {
	PrincipalID scalarText     `json:"principalId"`
	Policy      *policy        `json:"policyDocument"`
	Context     map[string]any `json:"context"`
}

// scalarText is a string, or the text of a number or a boolean.
type scalarText string

// UnmarshalJSON reads the string, the number or the boolean. Null changes nothing.
func (t *scalarText) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n':
		return nil
	case '"', '{', '[':
		return json.Unmarshal(data, (*string)(t))
	}
	*t = scalarText(data)
	return nil
}

func (in *authorizerResult) decode(data []byte) error {
	if len(data) > MaxAuthorizerResult {
		return fmt.Errorf("%d bytes are more than the limit of %d", len(data), MaxAuthorizerResult)
	}
	if err := json.Unmarshal(data, in); err != nil {
		return err
	}
	switch {
	case in.PrincipalID == "":
		return errors.New("principalId is missing")
	case in.Policy == nil:
		return errors.New("policyDocument is missing")
	}
	for key, value := range in.Context {
		switch value.(type) {
		case string, float64, bool:
		case nil:
			delete(in.Context, key)
		default:
			return fmt.Errorf("context value %q is neither string nor number nor boolean", key)
		}
	}
	return nil
}
