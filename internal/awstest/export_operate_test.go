package awstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// Operate runs an operation as a request for it would, without the wire: the input and the answer,
// or the error, must be in the model.
func (c *Cloud) Operate(service, name string, in map[string]any) (map[string]any, error) {
	s := c.serviceNamed(service)
	if s == nil || s.operations[name] == nil {
		return nil, fmt.Errorf("there is no %s %s", service, name)
	}
	r, problems := s.Call(name, in)
	if r == nil {
		return nil, fmt.Errorf("there is no %s %s in the model", service, name)
	}
	if len(problems) > 0 {
		return nil, errors.New("model: " + strings.Join(problems, "; "))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := s.operations[name](r.Input)
	if e, ok := errors.AsType[*wire.Error](err); ok && !r.Declares(e) {
		return nil, fmt.Errorf("the model of %s has no error %w", name, err)
	}
	if err != nil {
		return nil, err
	}
	normal, problems := r.Output(out)
	if len(problems) > 0 {
		return nil, errors.New("answer: " + strings.Join(problems, "; "))
	}
	return normal, nil
}

// serviceNamed returns the service with botocore's name, or nil.
func (c *Cloud) serviceNamed(name string) *service {
	for _, s := range c.services {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// OperateItems runs an operation on items, as ServeHTTP does after its checks.
func (c *Cloud) OperateItems(name string, body []byte) ([]byte, error) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	raw, err := http.NewRequest(http.MethodPost, "/", nil)
	if err != nil {
		return nil, err
	}
	raw.Header.Set("X-Amz-Target", "DynamoDB_20120810."+name)
	raw.Header.Set("Authorization", "AWS4-HMAC-SHA256 checked before")
	r, _ := c.serviceNamed("dynamodb").Call(name, in)
	r.Raw, r.Body = raw, body
	c.mu.Lock()
	defer c.mu.Unlock()
	a, _ := c.dynamo.Items(r)
	return a.Body, nil
}
