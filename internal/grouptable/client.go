package grouptable

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// maxAnswer bounds an answer, in bytes: a page of 1 MB, which is longer as JSON, above all if each
// byte is escaped.
const maxAnswer = 16 << 20

// call makes one attempt of an operation of DynamoDB's JSON protocol. An error that is not an
// *apiError leaves open whether the operation was done.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html)
func (t *Table) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	key, err := t.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return &apiError{Type: "CredentialsError", Message: "get AWS credentials: " + err.Error()}
	}
	r, err := http.NewRequestWithContext(
		ctx, http.MethodPost, t.cfg.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	sigv4.Sign(r, body, sigv4.Credentials(key), t.cfg.Region, "dynamodb", time.Now())
	res, err := t.cfg.HTTPClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read answer: %w", err)
	case len(answer) > maxAnswer:
		return fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	case res.StatusCode != http.StatusOK:
		return newAPIError(res.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// An apiError is an error of DynamoDB.
type apiError struct {
	Status  int
	Type    string // such as ResourceNotFoundException
	Message string
}

// newAPIError reads the answer of a request that failed.
func newAPIError(status int, answer []byte) error {
	var in struct {
		Type    string `json:"__type"` // com.amazonaws.dynamodb.v20120810#ResourceNotFoundException
		Message string // in any case of letters
	}
	_ = json.Unmarshal(answer, &in) // a proxy answers with something else
	_, kind, ok := strings.Cut(in.Type, "#")
	if !ok {
		kind = in.Type
	}
	return &apiError{status, kind, in.Message}
}

// Error says what DynamoDB says, and what to do about the most likely errors.
func (e *apiError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Type, e.Message)
	switch e.Type {
	case "":
		return fmt.Sprintf("HTTP status %d without a reason", e.Status)
	case "ResourceNotFoundException":
		return text + `; "tyg deploy" makes the table`
	case "AccessDeniedException":
		return text + `; the role of the function needs what "tyg gen-policy" prints`
	}
	return text
}

// An outcome is what an error of DynamoDB means for the request.
type outcome int

const (
	succeeded outcome = iota
	conflict          // the condition did not hold
	throttled         // not done, may be tried again
	unknown           // it is unknown whether it was done
	rejected          // not done, and a retry would not help
)

// classify returns the outcome for an error of call.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)
func classify(err error) outcome {
	if err == nil {
		return succeeded
	}
	api, ok := errors.AsType[*apiError](err)
	if !ok {
		return unknown
	}
	switch api.Type {
	case "ConditionalCheckFailedException":
		return conflict
	case "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException",
		"LimitExceededException":
		return throttled
	case "InternalServerError", "InternalFailure", "ServiceUnavailable", "":
		return unknown
	}
	return rejected
}
